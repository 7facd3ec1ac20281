package dev.tokenledger.reporting;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the reporting service. */
@ConfigMapping(prefix = "tokenledger.reporting")
public interface ReportingConfig {
  /** Lag beyond which an answer is marked as stale. */
  @WithDefault("60s")
  Duration staleAfter();

  /** Most connections to the database; more requests wait. */
  @WithDefault("8")
  int maxConnections();
}
