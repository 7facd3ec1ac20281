package dev.tokenledger.ingest.body;

import dev.tokenledger.platform.memory.ByteBudget;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in pieces: they grow without being copied, and are read as often as needed. Not changed
 * once they were read from the network.
 */
final class Chunks {
  private static final int FIRST = 1 << 14;
  private static final int LARGEST = 1 << 18;

  /** A body of this size or less is read into one piece when its length is known. */
  private static final int ONE_PIECE = 1 << 20;

  private final List<byte[]> pieces;
  private final int size;

  private Chunks(List<byte[]> pieces, int size) {
    this.pieces = pieces;
    this.size = size;
  }

  static Chunks of(byte[] bytes) {
    return new Chunks(List.of(bytes), bytes.length);
  }

  /**
   * Reads until the end.
   *
   * @param expected the number of bytes that were announced, or -1
   * @param lease grows before each piece is made
   * @return null when there are more than {@code max} bytes; those beyond are not read
   */
  static @Nullable Chunks read(InputStream in, long expected, int max, ByteBudget.Lease lease)
      throws IOException {
    List<byte[]> pieces = new ArrayList<>();
    int size = 0;
    int next = expected > 0 && expected <= ONE_PIECE ? (int) expected : FIRST;
    byte[] piece = new byte[0];
    int used = 0;
    while (true) {
      if (used == piece.length) {
        int more = in.read();
        if (more < 0) {
          return new Chunks(pieces, size);
        }
        if (size == max) {
          return null;
        }
        lease.require((long) size + next);
        piece = new byte[next];
        pieces.add(piece);
        piece[0] = (byte) more;
        used = 1;
        size++;
        next = Math.min(LARGEST, Math.max(FIRST, next * 2));
      } else {
        int read = in.read(piece, used, Math.min(piece.length - used, max - size + 1));
        if (read < 0) {
          return new Chunks(pieces, size);
        }
        used += read;
        size += read;
        if (size > max) {
          return null;
        }
      }
    }
  }

  int size() {
    return size;
  }

  /** The bytes from the first to before the last. Never fails. */
  InputStream open(int from, int until) {
    return new Reading(from, until);
  }

  private final class Reading extends InputStream {
    private int piece;
    private int offset;
    private int left;

    private Reading(int from, int until) {
      offset = from;
      left = until - from;
      while (piece < pieces.size() && offset >= pieces.get(piece).length) {
        offset -= pieces.get(piece++).length;
      }
    }

    @Override
    public int read() {
      if (left == 0) {
        return -1;
      }
      int value = pieces.get(piece)[offset] & 0xFF;
      advance(1);
      return value;
    }

    @Override
    public int read(byte[] target, int at, int length) {
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      byte[] from = pieces.get(piece);
      int count = Math.min(Math.min(length, left), from.length - offset);
      System.arraycopy(from, offset, target, at, count);
      advance(count);
      return count;
    }

    @Override
    public long skip(long count) {
      int skipped = 0;
      while (skipped < count && left > 0) {
        int step =
            (int)
                Math.min(Math.min(count - skipped, left), pieces.get(piece).length - (long) offset);
        advance(step);
        skipped += step;
      }
      return skipped;
    }

    @Override
    public int available() {
      return left;
    }

    private void advance(int count) {
      offset += count;
      left -= count;
      if (offset == pieces.get(piece).length) {
        piece++;
        offset = 0;
      }
    }
  }
}
