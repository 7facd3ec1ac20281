package dev.tokenledger.platform.database;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows for {@code COPY … FROM STDIN (FORMAT binary)}, the fastest way into Postgres. Values are
 * written column by column in the order of the statement. Not thread-safe.
 *
 * <p>Rows are either collected and sent together ({@link #send}), or, from {@link #into}, sent in
 * portions while they are written, which needs little memory and lets Postgres work meanwhile.
 *
 * <p>Format: PostgreSQL documentation, "COPY", section "Binary Format".
 */
public final class BinaryCopy implements AutoCloseable {
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  /** Postgres counts microseconds from 2000-01-01. */
  private static final long EPOCH_2000_MICROS = 946_684_800_000_000L;

  private static final int INT4_OID = 23;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int CHUNK = 1 << 16;

  private final @Nullable CopyIn sink;
  private byte[] buffer;
  private int size;
  private long rows;

  /** Collects rows in memory until they are sent. */
  public BinaryCopy(int expectedBytes) {
    this(null, Math.max(1024, expectedBytes));
  }

  private BinaryCopy(@Nullable CopyIn sink, int bytes) {
    this.sink = sink;
    buffer = new byte[bytes];
    System.arraycopy(SIGNATURE, 0, buffer, 0, SIGNATURE.length);
    size = SIGNATURE.length;
  }

  /**
   * Begins to send rows. Until {@link #finish} or {@link #close} the connection does nothing else.
   *
   * @param statement a COPY statement, without values of the caller's
   */
  public static BinaryCopy into(Connection connection, String statement) throws SQLException {
    return new BinaryCopy(open(connection, statement), CHUNK + CHUNK / 4);
  }

  private static CopyIn open(Connection connection, String statement) throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI().copyIn(statement);
  }

  /**
   * Sends what is left of the rows and waits until Postgres has taken them all.
   *
   * @throws SQLException if it has not; then none of them are there
   */
  public void finish() throws SQLException {
    trailer();
    write(target(), size);
    target().endCopy();
  }

  /** Gives up rows that were not finished. */
  @Override
  public void close() throws SQLException {
    if (sink != null && sink.isActive()) {
      sink.cancelCopy();
    }
  }

  private CopyIn target() {
    if (sink == null) {
      throw new IllegalStateException("these rows are collected, not sent while they are written");
    }
    return sink;
  }

  public long rows() {
    return rows;
  }

  /**
   * Begins a row.
   *
   * @throws SQLException if a portion of earlier rows could not be sent
   */
  public void startRow(int columns) throws SQLException {
    if (sink != null && size >= CHUNK) {
      write(sink, size);
      size = 0;
    }
    ensure(2);
    buffer[size++] = (byte) (columns >>> 8);
    buffer[size++] = (byte) columns;
    rows++;
  }

  public void nullValue() {
    ensure(4);
    int4(-1);
  }

  public void int2(int value) {
    ensure(6);
    int4(2);
    buffer[size++] = (byte) (value >>> 8);
    buffer[size++] = (byte) value;
  }

  public void integer(int value) {
    ensure(8);
    int4(4);
    int4(value);
  }

  public void bigint(long value) {
    ensure(12);
    int4(8);
    int8(value);
  }

  /** A bigint that is null for zero. */
  public void bigintOrNull(long value) {
    if (value == 0) {
      nullValue();
    } else {
      bigint(value);
    }
  }

  public void bool(boolean value) {
    ensure(5);
    int4(1);
    buffer[size++] = (byte) (value ? 1 : 0);
  }

  public void uuid(UUID value) {
    ensure(20);
    int4(16);
    int8(value.getMostSignificantBits());
    int8(value.getLeastSignificantBits());
  }

  /** A timestamptz from microseconds since 1970. */
  public void timestamp(long epochMicros) {
    bigint(epochMicros - EPOCH_2000_MICROS);
  }

  public void text(@Nullable String value) {
    if (value == null) {
      nullValue();
    } else {
      bytes(value.getBytes(StandardCharsets.UTF_8));
    }
  }

  public void bytes(byte[] value) {
    ensure(4 + value.length);
    int4(value.length);
    System.arraycopy(value, 0, buffer, size, value.length);
    size += value.length;
  }

  public void jsonb(@Nullable String json) {
    if (json == null) {
      nullValue();
      return;
    }
    byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
    ensure(5 + utf8.length);
    int4(utf8.length + 1);
    // The version of the binary form of jsonb.
    buffer[size++] = 1;
    System.arraycopy(utf8, 0, buffer, size, utf8.length);
    size += utf8.length;
  }

  /** A one-dimensional integer[]; null for an empty one. */
  public void integers(int[] values) {
    if (values.length == 0) {
      nullValue();
      return;
    }
    int length = 20 + 8 * values.length;
    ensure(4 + length);
    int4(length);
    int4(1);
    int4(0);
    int4(INT4_OID);
    int4(values.length);
    int4(1);
    for (int value : values) {
      int4(4);
      int4(value);
    }
  }

  /** Sends all rows that were collected with the given COPY statement. */
  public void send(Connection connection, String statement) throws SQLException {
    trailer();
    CopyIn copy = open(connection, statement);
    try {
      write(copy, size);
      copy.endCopy();
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  private void trailer() {
    ensure(2);
    buffer[size++] = -1;
    buffer[size++] = -1;
  }

  private void write(CopyIn copy, int bytes) throws SQLException {
    for (int at = 0; at < bytes; at += CHUNK) {
      copy.writeToCopy(buffer, at, Math.min(CHUNK, bytes - at));
    }
  }

  private void int4(int value) {
    INT.set(buffer, size, value);
    size += Integer.BYTES;
  }

  private void int8(long value) {
    LONG.set(buffer, size, value);
    size += Long.BYTES;
  }

  private void ensure(int more) {
    if (buffer.length - size < more) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
    }
  }
}
