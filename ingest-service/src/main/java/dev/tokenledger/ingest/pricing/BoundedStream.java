package dev.tokenledger.ingest.pricing;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends with a problem instead of reading more than it may; closing it leaves the source open. */
final class BoundedStream extends FilterInputStream {
  private final long max;
  private long left;

  BoundedStream(InputStream in, long max) {
    super(in);
    this.max = max;
    this.left = max;
  }

  @Override
  public int read() throws IOException {
    int b = super.read();
    if (b >= 0) {
      count(1);
    }
    return b;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = super.read(buffer, offset, length);
    if (n > 0) {
      count(n);
    }
    return n;
  }

  private void count(int n) {
    left -= n;
    if (left < 0) {
      throw new ProblemException(
          ProblemCode.BODY_TOO_LARGE, "The price file is larger than " + max + " bytes.");
    }
  }

  @Override
  public void close() {
    // The caller opened the source and closes it.
  }
}
