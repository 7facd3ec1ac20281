package dev.tokenledger.edge;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What a caller may take of a process before it has said anything that counts. */
@ConfigMapping(prefix = "tokenledger.http")
public interface EdgeConfig {
  /**
   * Most connections at once. When one more comes, one without a request is closed for it: first
   * those that have never sent a whole request, the oldest of them first.
   */
  @WithDefault("4096")
  int maxConnections();

  /** How long a new connection may take to send the headers of its first request. */
  @WithDefault("10s")
  Duration headerTimeout();

  /** How long a connection may stay without a request after its last one. */
  @WithDefault("75s")
  Duration keepAlive();

  /** How long a body may take at any rate; afterwards it must keep up with the least rate. */
  @WithDefault("10s")
  Duration bodyGrace();

  /** Bytes a second that a body must come with, on average, once the grace is over. */
  @WithDefault("8192")
  int bodyLeastRate();

  /** The longest that a body may take. */
  @WithDefault("5m")
  Duration bodyTimeout();

  /**
   * Most bytes of a request body, as sent, where an endpoint has no limit of its own. Events,
   * traces and price lists have one.
   */
  @WithDefault("262144")
  int maxBodyBytes();
}
