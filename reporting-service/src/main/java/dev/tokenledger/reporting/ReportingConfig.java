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

  /** Questions that are worked on at once; more wait for a moment, then are answered with 503. */
  @WithDefault("6")
  int maxQuestions();

  /** How long a question may be worked on; then it is answered with 503. */
  @WithDefault("30s")
  Duration questionTimeout();

  /** How long a caller may take to receive an answer; then the connection is closed. */
  @WithDefault("30s")
  Duration answerTimeout();
}
