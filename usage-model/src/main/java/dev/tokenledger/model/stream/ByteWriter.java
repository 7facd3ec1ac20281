package dev.tokenledger.model.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing buffer that values are appended to in the encodings of our stored formats:
 * little-endian base-128 varints as in protobuf, length-prefixed bytes, big-endian fixed numbers.
 * Not thread-safe.
 */
public final class ByteWriter {
  private byte[] buffer;
  private int size;

  public ByteWriter(int initialCapacity) {
    buffer = new byte[Math.max(16, initialCapacity)];
  }

  public int size() {
    return size;
  }

  public void writeByte(int value) {
    ensure(1);
    buffer[size++] = (byte) value;
  }

  /** Writes a value that is not negative in 1 to 9 bytes. */
  public void writeVarint(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      buffer[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[size++] = (byte) rest;
  }

  /** Writes a value of either sign; small ones of both signs are short. */
  public void writeZigzag(long value) {
    writeVarint((value << 1) ^ (value >> 63));
  }

  public void writeFixed32(int value) {
    ensure(4);
    buffer[size++] = (byte) (value >>> 24);
    buffer[size++] = (byte) (value >>> 16);
    buffer[size++] = (byte) (value >>> 8);
    buffer[size++] = (byte) value;
  }

  public void writeFixed64(long value) {
    writeFixed32((int) (value >>> 32));
    writeFixed32((int) value);
  }

  public void writeBytes(byte[] bytes) {
    writeBytes(bytes, 0, bytes.length);
  }

  public void writeBytes(byte[] bytes, int offset, int length) {
    writeVarint(length);
    writeRaw(bytes, offset, length);
  }

  /** Writes bytes without their length. */
  public void writeRaw(byte[] bytes, int offset, int length) {
    ensure(length);
    System.arraycopy(bytes, offset, buffer, size, length);
    size += length;
  }

  /**
   * Writes text as UTF-8 with its length. NUL, which Postgres' text cannot hold, becomes U+FFFD,
   * and half of a surrogate pair a question mark: all text passes here on its way into the ledger.
   */
  public void writeString(String text) {
    int length = text.length();
    // Ids and names are ASCII nearly always; those need no encoder and no copy.
    if (length < 128) {
      ensure(length + 1);
      int start = size + 1;
      int i = 0;
      while (i < length) {
        char c = text.charAt(i);
        if (c >= 0x80 || c == 0) {
          break;
        }
        buffer[start + i] = (byte) c;
        i++;
      }
      if (i == length) {
        buffer[size] = (byte) length;
        size = start + length;
        return;
      }
    }
    writeBytes(text.replace('\0', '\uFFFD').getBytes(StandardCharsets.UTF_8));
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(buffer, size);
  }

  /** The buffer itself, of which the first {@link #size()} bytes are written. */
  byte[] buffer() {
    return buffer;
  }

  private void ensure(int more) {
    if (buffer.length - size < more) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
    }
  }
}
