package dev.tokenledger.ingest.events;

import dev.tokenledger.ingest.body.Body;
import java.io.InputStream;

/**
 * The lines of a body, one after the other, each as a stream that ends where the line does. No line
 * is held as a whole. Lines of nothing but space are passed over.
 */
final class Lines extends InputStream {
  private final Body.Source source;
  private final byte[] buffer = new byte[1 << 14];
  private int position;
  private int limit;
  private boolean ended = true;

  Lines(Body.Source source) {
    this.source = source;
  }

  /** Goes to the next line that has something in it, past what was left of this one. */
  boolean next() {
    while (!ended && fill()) {
      ended = buffer[position++] == '\n';
    }
    while (fill()) {
      byte next = buffer[position];
      if (next != '\n' && next != ' ' && next != '\r' && next != '\t') {
        ended = false;
        return true;
      }
      position++;
    }
    return false;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (ended || !fill()) {
      ended = true;
      return -1;
    }
    int count = 0;
    int most = Math.min(length, limit - position);
    while (count < most && buffer[position + count] != '\n') {
      count++;
    }
    System.arraycopy(buffer, position, target, offset, count);
    position += count;
    if (count < most) {
      ended = true;
      position++;
    }
    return count == 0 && ended ? -1 : count;
  }

  private boolean fill() {
    if (position == limit) {
      position = 0;
      limit = Math.max(0, source.read(buffer, 0, buffer.length));
    }
    return position < limit;
  }
}
