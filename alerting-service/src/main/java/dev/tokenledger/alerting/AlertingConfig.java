package dev.tokenledger.alerting;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the alerting service. */
@ConfigMapping(prefix = "tokenledger.alerting")
public interface AlertingConfig {
  /** How often all budgets are looked at, also without a word from the ledger. */
  @WithDefault("5s")
  Duration sweepInterval();

  /**
   * How long a window of a rule waits after its end for events that their senders collect before
   * they send them.
   */
  @WithDefault("10s")
  Duration ruleDelay();

  /** How long one request to a channel may take. */
  @WithDefault("10s")
  Duration deliveryTimeout();

  /** How often a notification is tried before it is given up; the last pauses are hours long. */
  @WithDefault("12")
  int deliveryAttempts();

  /** The longest pause between two attempts. */
  @WithDefault("3h")
  Duration longestPause();

  /** Allow channels at private, loopback and link-local addresses, as on one's own network. */
  @WithDefault("false")
  boolean allowPrivateAddresses();

  /** Secret that channels' secrets are encrypted with; derived from the database's when not set. */
  Optional<String> secretKey();
}
