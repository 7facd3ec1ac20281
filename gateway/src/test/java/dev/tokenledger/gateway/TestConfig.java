package dev.tokenledger.gateway;

import java.net.URI;
import java.time.Duration;

/** Settings with short times. */
record TestConfig(
    URI ingest,
    URI aggregation,
    URI alerting,
    URI reporting,
    Duration connectTimeout,
    Duration idleTimeout,
    Duration probeTimeout,
    int maxConnections,
    int maxWaiting,
    int maxBodyBytes,
    Duration documentAge,
    boolean trustForwarded)
    implements GatewayConfig {
  /** Nobody listens on the port of the discard service. */
  static final URI NOWHERE = URI.create("http://127.0.0.1:9");

  static TestConfig with(URI service) {
    return new TestConfig(
        service,
        service,
        service,
        service,
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        64,
        64,
        33_554_432,
        Duration.ZERO,
        false);
  }

  static TestConfig nobody() {
    return with(NOWHERE);
  }

  TestConfig withConnections(int most, int waiting) {
    return new TestConfig(
        ingest,
        aggregation,
        alerting,
        reporting,
        connectTimeout,
        idleTimeout,
        probeTimeout,
        most,
        waiting,
        maxBodyBytes,
        documentAge,
        trustForwarded);
  }

  TestConfig withAlerting(URI service) {
    return new TestConfig(
        ingest,
        aggregation,
        service,
        reporting,
        connectTimeout,
        idleTimeout,
        probeTimeout,
        maxConnections,
        maxWaiting,
        maxBodyBytes,
        documentAge,
        trustForwarded);
  }
}
