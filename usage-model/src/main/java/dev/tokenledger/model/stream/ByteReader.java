package dev.tokenledger.model.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what a {@link ByteWriter} wrote. Reading past the end, and any length that points there,
 * throws {@link CorruptBytesException}. Not thread-safe.
 */
public final class ByteReader {
  private final byte[] bytes;
  private final int end;
  private int at;

  public ByteReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  public ByteReader(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.at = offset;
    this.end = offset + length;
  }

  public int remaining() {
    return end - at;
  }

  public byte readByte() {
    need(1);
    return bytes[at++];
  }

  public long readVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = readByte();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new CorruptBytesException("a varint does not end");
  }

  /** Reads a varint that must fit a non-negative int, as counts and lengths do. */
  public int readVarint32() {
    long value = readVarint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new CorruptBytesException("a count is out of range: " + value);
    }
    return (int) value;
  }

  public long readZigzag() {
    long value = readVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  public int readFixed32() {
    need(4);
    int value =
        (bytes[at] & 0xFF) << 24
            | (bytes[at + 1] & 0xFF) << 16
            | (bytes[at + 2] & 0xFF) << 8
            | (bytes[at + 3] & 0xFF);
    at += 4;
    return value;
  }

  public long readFixed64() {
    long high = readFixed32();
    return high << 32 | readFixed32() & 0xFFFFFFFFL;
  }

  public byte[] readBytes() {
    int length = readVarint32();
    need(length);
    byte[] copy = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return copy;
  }

  public String readString() {
    int length = readVarint32();
    need(length);
    String text = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  private void need(int n) {
    if (n > end - at) {
      throw new CorruptBytesException(
          "expected " + n + " more bytes, but only " + (end - at) + " are left");
    }
  }
}
