package dev.tokenledger.edge;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All connections to the servers of this process, from the moment at which they are accepted:
 * whoever sends nothing, or half a header for ever, counts as well. There is one for each process,
 * since Netty makes the one who tells of new connections by itself. Thread-safe.
 */
final class Connections {
  static final Connections OF_PROCESS = new Connections();

  private static final AttributeKey<Connection> CONNECTION =
      AttributeKey.valueOf("tokenledger.connection");

  /** The part of all connections that is closed at once to make room. */
  private static final int AT_ONCE = 64;

  /** A connection that rests, as it was when it was looked at. */
  private record Resting(Connection connection, boolean served, long nanos) {}

  /** Strangers before those that have sent a request, and of each those that rest longest first. */
  private static final Comparator<Resting> FIRST_TO_GO =
      Comparator.comparing(Resting::served)
          .thenComparing(Comparator.comparingLong(Resting::nanos).reversed());

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile int most = Integer.MAX_VALUE;
  private volatile long headerNanos = Long.MAX_VALUE;
  private volatile long keepAliveNanos = Long.MAX_VALUE;

  Connections() {}

  void limit(int most, Duration header, Duration keepAlive) {
    this.most = most;
    this.headerNanos = header.toNanos();
    this.keepAliveNanos = keepAlive.toNanos();
  }

  int size() {
    return open.size();
  }

  /** A connection was accepted, and has not been given to an event loop yet. */
  void opened(Channel channel) {
    Connection connection = new Connection(channel, System.nanoTime());
    if (open.size() >= most && !makeRoom()) {
      // All others are being worked for.
      channel.unsafe().closeForcibly();
      return;
    }
    channel.attr(CONNECTION).set(connection);
    open.add(connection);
    channel.closeFuture().addListener(closed -> open.remove(connection));
  }

  /**
   * The connection of a request.
   *
   * @return null when it is not one of a server, as in tests that have no socket
   */
  static @Nullable Connection of(HttpServerRequest request) {
    return request.connection() instanceof ConnectionBase base
        ? base.channel().attr(CONNECTION).get()
        : null;
  }

  /** Closes what has taken too long to send a header, or has rested for too long. */
  void sweep() {
    long now = System.nanoTime();
    for (Connection connection : open) {
      long limit = connection.served() ? keepAliveNanos : headerNanos;
      if (connection.rests() && now - connection.restsSince() > limit) {
        close(connection);
      }
    }
  }

  /**
   * Closes some of the connections that rest, so that not each new one has to look at all of them.
   */
  private boolean makeRoom() {
    List<Resting> resting = new ArrayList<>();
    long now = System.nanoTime();
    for (Connection connection : open) {
      if (connection.rests()) {
        resting.add(new Resting(connection, connection.served(), now - connection.restsSince()));
      }
    }
    resting.sort(FIRST_TO_GO);
    resting.stream()
        .limit(Math.max(1, most / AT_ONCE))
        .map(Resting::connection)
        .forEach(this::close);
    return !resting.isEmpty();
  }

  private void close(Connection connection) {
    if (open.remove(connection)) {
      Channel channel = connection.channel();
      if (channel.isRegistered()) {
        channel.close();
      } else {
        channel.unsafe().closeForcibly();
      }
    }
  }
}
