package dev.tokenledger.ingest.body;

import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.airlift.compress.MalformedInputException;
import io.smallrye.mutiny.Uni;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A request's body, held as it was sent. It is inflated anew each time it is opened, so that what
 * it inflates to is never in memory as a whole. With it go the bytes that the request costs the
 * process; they are given back by {@link #close}, once nothing made of the body is left. Used by
 * one thread at a time.
 */
public final class Body implements AutoCloseable {
  /** Buffers of the inflater and the parser, and what the request takes of its own. */
  private static final int OVERHEAD = 48 << 10;

  /** The lease grows in steps, so that it is not asked for each event. */
  private static final int STEP = 64 << 10;

  private final Chunks sent;
  private final @Nullable String encoding;
  private final @Nullable ZstdFrames zstd;
  private final int maxInflated;
  private final ByteBudget.@Nullable Lease lease;
  private final long base;
  private long parsed;
  private long leased;

  private Body(
      Chunks sent,
      @Nullable String encoding,
      @Nullable ZstdFrames zstd,
      int maxInflated,
      ByteBudget.@Nullable Lease lease) {
    this.sent = sent;
    this.encoding = encoding;
    this.zstd = zstd;
    this.maxInflated = maxInflated;
    this.lease = lease;
    this.base = (long) sent.size() + OVERHEAD + (zstd == null ? 0 : zstd.memory());
    if (lease != null) {
      lease.require(base);
    }
  }

  /** A body that was not compressed and costs nothing: for what is not from a caller. */
  public static Body of(byte[] bytes) {
    return new Body(Chunks.of(bytes), null, null, Integer.MAX_VALUE, null);
  }

  /**
   * @param encoding {@code gzip}, {@code zstd}, or null for none
   * @param lease the body's from now on
   */
  static Body of(Chunks sent, @Nullable String encoding, int maxInflated, ByteBudget.Lease lease) {
    ZstdFrames frames = null;
    if ("zstd".equals(encoding)) {
      try {
        frames = ZstdFrames.of(sent);
      } catch (IOException e) {
        throw broken(encoding, e);
      }
    }
    return new Body(sent, encoding, frames, maxInflated, lease);
  }

  /** What was sent, inflated. To be closed. */
  public Source open() {
    InputStream plain =
        zstd != null
            ? zstd.open()
            : encoding == null
                ? sent.open(0, sent.size())
                : new GzipInput(sent.open(0, sent.size()));
    return new Source(plain);
  }

  /**
   * Notes that more was made of the body, and is kept until the request has its answer.
   *
   * @throws ProblemException {@link ProblemCode#BUSY} when the process has no room for it now
   */
  public void keeps(long bytes) {
    parsed += bytes;
    require(0);
  }

  /** Forgets what was noted by {@link #keeps}: the body is read once more. */
  public void startOver() {
    parsed = 0;
  }

  private void require(long passing) {
    long needed = base + parsed + passing;
    if (lease != null && needed > leased) {
      leased = needed + STEP;
      lease.require(leased);
    }
  }

  /**
   * Starts work on the body and closes it when the work is done, has failed or was given up, now or
   * later.
   */
  public <T> Uni<T> until(Supplier<Uni<T>> work) {
    try {
      return work.get().onTermination().invoke(this::close);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    if (lease != null) {
      lease.close();
    }
  }

  private static ProblemException broken(@Nullable String encoding, Exception e) {
    if (e instanceof EOFException) {
      return new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body ends in the middle of its " + encoding + " data. Send all of it.",
          e);
    }
    return new ProblemException(
        ProblemCode.MALFORMED_BODY,
        "The body is not valid "
            + encoding
            + " although Content-Encoding says so: "
            + (e instanceof ZipException ? e.getMessage() : "its data is broken")
            + ".",
        e);
  }

  /**
   * The inflated bytes. Fails with a {@link ProblemException} for what is wrong with the body or
   * its size, never with an {@link IOException}: that is left to the parser's own findings.
   */
  public final class Source extends InputStream {
    /** Digits looked at to tell whether a number goes on and on: a parser holds all of it. */
    private static final int SAMPLES = 8;

    private final InputStream in;
    private long count;
    private long heldFrom = -1;
    private long kept;
    private long digits;

    private Source(InputStream in) {
      this.in = in;
    }

    /** What is read from here on is put together in memory, until {@link #release}. */
    public void hold() {
      heldFrom = count;
    }

    /** What is read from here on is passed over. */
    public void release() {
      heldFrom = -1;
    }

    /** Notes text that is kept until {@link #forget}, such as a span's. */
    public void keep(int characters) {
      kept += 2L * characters;
      if (kept > STEP) {
        require(kept);
      }
    }

    public void forget() {
      kept = 0;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int read = inflate(target, offset, length);
      if (read <= 0) {
        return read;
      }
      count += read;
      if (count > maxInflated) {
        throw new ProblemException(
            ProblemCode.DECOMPRESSED_TOO_LARGE,
            "A request body may have "
                + maxInflated
                + " bytes at most once decompressed. Send fewer events in one request.");
      }
      digits = isDigits(target, offset, read) ? digits + read : 0;
      long held = Math.max(heldFrom < 0 ? 0 : count - heldFrom, digits);
      if (held > STEP) {
        // Two bytes for each character while it grows, and the text that is made of it.
        require(4 * held + kept);
      }
      return read;
    }

    private int inflate(byte[] target, int offset, int length) {
      try {
        return in.read(target, offset, length);
      } catch (IOException | MalformedInputException | IndexOutOfBoundsException e) {
        throw broken(encoding, e);
      }
    }

    private boolean isDigits(byte[] bytes, int offset, int length) {
      if (length < 64) {
        return digits > 0;
      }
      for (int i = 0; i < SAMPLES; i++) {
        int value = bytes[offset + (int) ((long) i * (length - 1) / (SAMPLES - 1))];
        if (value < '0' || value > '9') {
          return false;
        }
      }
      return true;
    }

    @Override
    public long skip(long bytes) throws IOException {
      if (encoding != null) {
        return super.skip(bytes);
      }
      long skipped = in.skip(bytes);
      count += skipped;
      return skipped;
    }

    @Override
    public void close() {
      try {
        in.close();
      } catch (IOException e) {
        throw broken(encoding, e);
      }
    }
  }
}
