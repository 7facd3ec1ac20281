package dev.tokenledger.gateway;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;

/** Where the services are, and how long and how much of them is waited for. */
@ConfigMapping(prefix = "tokenledger.gateway")
interface GatewayConfig {

  /** Address of the ingest service, {@code http} or {@code https}. */
  @WithDefault("http://localhost:8081")
  URI ingest();

  /** Address of the aggregation service. */
  @WithDefault("http://localhost:8082")
  URI aggregation();

  /** Address of the alerting service. */
  @WithDefault("http://localhost:8083")
  URI alerting();

  /** Address of the reporting service. */
  @WithDefault("http://localhost:8084")
  URI reporting();

  /** How long a request waits for a connection to its service, the queue for one included. */
  @WithDefault("3s")
  Duration connectTimeout();

  /**
   * How long a service may be silent within a request before the caller is told. Above the
   * services' own limit for a database statement, so that their answer comes first.
   */
  @WithDefault("60s")
  Duration idleTimeout();

  /** How long a service has to say whether it is ready, and to hand out its API document. */
  @WithDefault("2s")
  Duration probeTimeout();

  /** The most connections to one service. */
  @WithDefault("256")
  int maxConnections();

  /** The most requests that wait for a connection to one service; more are refused. */
  @WithDefault("1024")
  int maxWaiting();

  /**
   * The most bytes of a request body, of any path; services have limits of their own below it. A
   * body is in memory as a whole before it is passed on.
   */
  @WithDefault("33554432")
  int maxBodyBytes();

  /** How long the merged API document is kept before the services are asked again. */
  @WithDefault("10s")
  Duration documentAge();

  /**
   * Whether {@code X-Forwarded-*} of requests are kept and added to. Only where another proxy in
   * front, and nobody else, can reach the gateway; otherwise they are what the caller invented.
   */
  @WithDefault("false")
  boolean trustForwarded();

  default URI address(Service service) {
    return switch (service) {
      case INGEST -> ingest();
      case AGGREGATION -> aggregation();
      case ALERTING -> alerting();
      case REPORTING -> reporting();
    };
  }
}
