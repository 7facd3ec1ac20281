package dev.tokenledger.edge;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicInteger;

/** A connection and what is under way on it. Thread-safe. */
final class Connection {
  private final Channel channel;
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean served;
  private volatile long restsSince;

  Connection(Channel channel, long nanos) {
    this.channel = channel;
    this.restsSince = nanos;
  }

  Channel channel() {
    return channel;
  }

  /** The headers of a request are here. */
  void begin() {
    running.incrementAndGet();
    served = true;
  }

  /** A request has been answered. */
  void end(long nanos) {
    restsSince = nanos;
    running.decrementAndGet();
  }

  /** Whether no request is under way: nothing is lost when it is closed. */
  boolean rests() {
    return running.get() == 0;
  }

  /** Whether it has ever sent the whole headers of a request. */
  boolean served() {
    return served;
  }

  /** When it was opened, or its last request was answered; by {@link System#nanoTime}. */
  long restsSince() {
    return restsSince;
  }
}
