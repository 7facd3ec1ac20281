package dev.tokenledger.ingest.body;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.zip.ZipException;

/**
 * The frames of a zstd body, RFC 8878, found by their headers before anything is inflated: what the
 * decompressor will need in memory is known then, and that the body is whole. Skippable frames,
 * which the decompressor does not know, are left out.
 */
final class ZstdFrames {
  /** The window that each decoder should support, and the decompressor's own bound. */
  private static final int MAX_WINDOW = 8 << 20;

  private static final int MAX_FRAMES = 10_000;
  private static final int MAX_BLOCK = 128 << 10;
  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE = 0x184D2A50;
  private static final int RLE = 1;
  private static final int RESERVED = 3;

  private record Range(int from, int until) {}

  private final Chunks body;
  private final List<Range> ranges;
  private final long window;

  private ZstdFrames(Chunks body, List<Range> ranges, long window) {
    this.body = body;
    this.ranges = ranges;
    this.window = window;
  }

  /**
   * @throws ZipException if it is no zstd, or needs too large a window
   * @throws EOFException if it breaks off
   */
  static ZstdFrames of(Chunks body) throws IOException {
    return new Scan(body).frames();
  }

  /** What inflating takes, in bytes: the decompressor's buffer has up to twice the window. */
  long memory() {
    return Math.min(2 * window, MAX_WINDOW + (1 << 20)) + 2 * MAX_BLOCK;
  }

  /**
   * What the frames inflate to. Each has a decompressor of its own: one for all of them ends, in
   * silence, at a frame that holds nothing.
   */
  InputStream open() {
    Iterator<Range> left = ranges.iterator();
    return new SequenceInputStream(
        new Enumeration<>() {
          @Override
          public boolean hasMoreElements() {
            return left.hasNext();
          }

          @Override
          public InputStream nextElement() {
            Range range = left.next();
            return new ZstdInputStream(body.open(range.from, range.until));
          }
        });
  }

  private static final class Scan {
    private final Chunks body;
    private final InputStream in;
    private final List<Range> ranges = new ArrayList<>();
    private int at;
    private int count;
    private long window;

    private Scan(Chunks body) {
      this.body = body;
      this.in = body.open(0, body.size());
    }

    private ZstdFrames frames() throws IOException {
      if (body.size() == 0) {
        throw new EOFException("there is no zstd frame");
      }
      while (at < body.size()) {
        if (++count > MAX_FRAMES) {
          throw new ZipException("more than " + MAX_FRAMES + " frames");
        }
        int before = at;
        int magic = (int) number(4);
        if (magic == MAGIC) {
          frame();
          ranges.add(new Range(before, at));
        } else if ((magic & 0xFFFF_FFF0) == SKIPPABLE) {
          pass(number(4));
        } else {
          throw new ZipException(count == 1 ? "no zstd header" : "garbage after a frame");
        }
      }
      return new ZstdFrames(body, ranges, window);
    }

    private void frame() throws IOException {
      int descriptor = (int) number(1);
      boolean singleSegment = (descriptor & 0x20) != 0;
      if ((descriptor & 0x08) != 0) {
        throw new ZipException("a reserved bit is set");
      }
      long size = 0;
      if (!singleSegment) {
        int exponentAndMantissa = (int) number(1);
        long base = 1L << (10 + (exponentAndMantissa >> 3));
        size = base + base / 8 * (exponentAndMantissa & 7);
      }
      int dictionary = descriptor & 3;
      if (dictionary > 0) {
        throw new ZipException("a dictionary is asked for");
      }
      int sizeFlag = descriptor >> 6;
      int sizeBytes = sizeFlag == 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
      if (sizeBytes > 0) {
        long content = number(sizeBytes) + (sizeBytes == 2 ? 256 : 0);
        size = singleSegment ? content : size;
      }
      if (size < 0 || size > MAX_WINDOW) {
        throw new ZipException("a window of more than 8 MiB is asked for");
      }
      window = Math.max(window, size);
      blocks();
      if ((descriptor & 0x04) != 0) {
        pass(4);
      }
    }

    private void blocks() throws IOException {
      while (true) {
        int header = (int) number(3);
        int type = header >> 1 & 3;
        int size = header >> 3;
        if (type == RESERVED || size > MAX_BLOCK) {
          throw new ZipException("a block is broken");
        }
        pass(type == RLE ? 1 : size);
        if ((header & 1) != 0) {
          return;
        }
      }
    }

    private long number(int bytes) throws IOException {
      long value = 0;
      for (int i = 0; i < bytes; i++) {
        int next = in.read();
        if (next < 0) {
          throw new EOFException("a frame breaks off");
        }
        value |= (long) next << 8 * i;
      }
      at += bytes;
      return value;
    }

    private void pass(long bytes) throws IOException {
      if (in.skip(bytes) < bytes) {
        throw new EOFException("a frame breaks off");
      }
      at += (int) bytes;
    }
  }
}
