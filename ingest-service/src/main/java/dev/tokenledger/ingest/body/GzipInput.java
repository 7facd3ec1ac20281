package dev.tokenledger.ingest.body;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Inflates gzip, RFC 1952, of one or more members. Java's own stream calls itself for each empty
 * member, ends at the first bytes that are no member and drops those in silence; this one walks on
 * in a loop and refuses what follows, but for the zeros that tapes and tools pad with.
 */
final class GzipInput extends InputStream {
  /** Members of one body; what joins more of them has no data to speak of in each. */
  private static final int MAX_MEMBERS = 10_000;

  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int RESERVED_FLAGS = 0xE0;

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private final byte[] buffer = new byte[1 << 14];
  private int position;
  private int limit;
  private int members;
  private boolean within;
  private boolean ended;

  GzipInput(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      if (!within && !nextMember()) {
        close();
        return -1;
      }
      int read = inflate(target, offset, length);
      if (read > 0) {
        checksum.update(target, offset, read);
        return read;
      }
      if (inflater.finished()) {
        endMember();
      } else if (inflater.needsDictionary()) {
        throw new ZipException("a preset dictionary is asked for");
      } else if (inflater.needsInput()) {
        if (!fill()) {
          throw new EOFException("the compressed data breaks off");
        }
        inflater.setInput(buffer, position, limit - position);
        position = limit;
      }
    }
    return -1;
  }

  private int inflate(byte[] target, int offset, int length) throws ZipException {
    try {
      return inflater.inflate(target, offset, length);
    } catch (DataFormatException e) {
      ZipException broken = new ZipException("the compressed data is broken");
      broken.initCause(e);
      throw broken;
    }
  }

  /** Reads the header of a member; false at the end of the body. */
  private boolean nextMember() throws IOException {
    if (position == limit && !fill()) {
      if (members == 0) {
        throw new EOFException("there is no gzip member");
      }
      return false;
    }
    if (members > 0 && buffer[position] == 0) {
      onlyZeros();
      return false;
    }
    if (++members > MAX_MEMBERS) {
      throw new ZipException("more than " + MAX_MEMBERS + " members");
    }
    if (next() != 0x1F || next() != 0x8B || next() != 8) {
      throw new ZipException(members == 1 ? "no gzip header" : "garbage after a member");
    }
    int flags = next();
    if ((flags & RESERVED_FLAGS) != 0) {
      throw new ZipException("reserved flags are set");
    }
    pass(6);
    if ((flags & FLAG_EXTRA) != 0) {
      pass(next() | next() << 8);
    }
    if ((flags & FLAG_NAME) != 0) {
      passText();
    }
    if ((flags & FLAG_COMMENT) != 0) {
      passText();
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      pass(2);
    }
    inflater.reset();
    inflater.setInput(buffer, position, limit - position);
    position = limit;
    checksum.reset();
    within = true;
    return true;
  }

  private void endMember() throws IOException {
    position = limit - inflater.getRemaining();
    long expected = number();
    long length = number();
    if (expected != checksum.getValue() || length != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
      throw new ZipException("a checksum or length does not fit");
    }
    within = false;
  }

  private void onlyZeros() throws IOException {
    do {
      while (position < limit) {
        if (buffer[position++] != 0) {
          throw new ZipException("garbage after a member");
        }
      }
    } while (fill());
  }

  private long number() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private void passText() throws IOException {
    while (next() != 0) {
      // Names and comments say nothing here.
    }
  }

  private void pass(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private int next() throws IOException {
    if (position == limit && !fill()) {
      throw new EOFException("the compressed data breaks off");
    }
    return buffer[position++] & 0xFF;
  }

  private boolean fill() throws IOException {
    int read = in.read(buffer, 0, buffer.length);
    position = 0;
    limit = Math.max(0, read);
    return read > 0;
  }

  /** Frees what the inflater has outside of the heap. */
  @Override
  public void close() {
    ended = true;
    inflater.end();
  }
}
