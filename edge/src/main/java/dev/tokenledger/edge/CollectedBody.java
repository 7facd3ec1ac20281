package dev.tokenledger.edge;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A body that has come as a whole, or the reason for which it was not taken. */
public final class CollectedBody {
  private static final String KEY = "tokenledger.body";

  private final Queue<Buffer> parts;
  private final @Nullable BodyFailure failure;
  private final long limit;

  CollectedBody(Queue<Buffer> parts, @Nullable BodyFailure failure, long limit) {
    this.parts = parts;
    this.failure = failure;
    this.limit = limit;
  }

  /**
   * The body of a request.
   *
   * @return null when it has none, or it was not for us to read
   */
  public static @Nullable CollectedBody of(RoutingContext context) {
    return context.get(KEY);
  }

  void putInto(RoutingContext context) {
    context.put(KEY, this);
  }

  /** Why there is no body, or null when there is. */
  public @Nullable BodyFailure failure() {
    return failure;
  }

  /** The most bytes that it might have had. */
  public long limit() {
    return limit;
  }

  /** The body, to be read once; parts that have been read are forgotten. */
  public InputStream stream() {
    return new Parts(parts);
  }

  /** The body in one piece; instead of {@link #stream}. */
  public Buffer buffer() {
    if (parts.size() == 1) {
      return Objects.requireNonNull(parts.poll());
    }
    int length = 0;
    for (Buffer part : parts) {
      length += part.length();
    }
    Buffer whole = Buffer.buffer(length);
    for (Buffer part = parts.poll(); part != null; part = parts.poll()) {
      whole.appendBuffer(part);
    }
    return whole;
  }

  /** Never blocks. */
  private static final class Parts extends InputStream {
    private final Queue<Buffer> parts;
    private Buffer part = Buffer.buffer();
    private int position;

    private Parts(Queue<Buffer> parts) {
      this.parts = new ArrayDeque<>(parts);
      parts.clear();
    }

    private boolean hasMore() {
      while (position == part.length()) {
        Buffer next = parts.poll();
        if (next == null) {
          return false;
        }
        part = next;
        position = 0;
      }
      return true;
    }

    @Override
    public int read() {
      return hasMore() ? part.getByte(position++) & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      if (!hasMore()) {
        return -1;
      }
      int taken = Math.min(length, part.length() - position);
      part.getBytes(position, position + taken, target, offset);
      position += taken;
      return taken;
    }

    @Override
    public int available() {
      return hasMore() ? part.length() - position : 0;
    }
  }
}
