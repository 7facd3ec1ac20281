package dev.tokenledger.alerting;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of the alerting service. */
@ConfigMapping(prefix = "tokenledger.alerting")
public interface AlertingConfig {
  /**
   * Address of the Redis that decides on calls and holds their reservations, like that of {@code
   * tokenledger.redis.url}, which is used when this is not set. All it has can be made anew: one
   * that writes no file answers faster.
   */
  Optional<String> guardRedisUrl();

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

  /** Most deliveries under way at once in one process; a channel has no more than one of them. */
  @WithDefault("16")
  int deliveryThreads();

  /** How often a notification is tried before it is given up; the last pauses are hours long. */
  @WithDefault("16")
  int deliveryAttempts();

  /** The longest pause between two attempts, and the longest rest of a channel. */
  @WithDefault("3h")
  Duration longestPause();

  /** How many failures in a row make a channel rest, so that it does not hold up others. */
  @WithDefault("5")
  int restAfterFailures();

  /** How long a channel rests first; twice as long after each further failure. */
  @WithDefault("1m")
  Duration firstRest();

  /** How long webhooks are signed with the former secret, too, after a rotation. */
  @WithDefault("24h")
  Duration secretOverlap();

  /** Where events for PagerDuty go; {@code https://events.eu.pagerduty.com} for its EU region. */
  @WithDefault("https://events.pagerduty.com")
  String pagerdutyUrl();

  Smtp smtp();

  Anomalies anomalies();

  /** Allow channels at private, loopback and link-local addresses, as on one's own network. */
  @WithDefault("false")
  boolean allowPrivateAddresses();

  /** Secret that channels' secrets are encrypted with; derived from the database's when not set. */
  Optional<String> secretKey();

  /**
   * Secrets that were the {@link #secretKey} before. What is encrypted with one of them is read,
   * and encrypted with the present one at the next start.
   */
  Optional<List<String>> formerSecretKeys();

  /** How long deliveries, incidents and silences are kept after they have ended. */
  @WithDefault("90d")
  Duration retention();

  /** What is found without being asked for. */
  interface Anomalies {
    /** Whether usage is watched; when it is not, open alerts of anomalies are resolved. */
    @WithDefault("true")
    boolean enabled();

    /** Least score that alarms, between 0 and 1; more for fewer alarms. */
    @WithDefault("0.9")
    double alarmScore();

    /** How long an hour waits after its end for events that their senders collect. */
    @WithDefault("2m")
    Duration delay();
  }

  /** The mail server that e-mail channels use. */
  interface Smtp {
    /** Name of the mail server; without it there are no e-mail channels. */
    Optional<String> host();

    /** Port of the mail server. */
    @WithDefault("587")
    int port();

    /** {@code starttls} demands STARTTLS, {@code tls} begins with TLS, {@code none} is in clear. */
    @WithDefault("starttls")
    Security security();

    /** Sender of all mail: {@code TokenLedger <alerts@example.com>}. */
    Optional<String> from();

    /** Login at the mail server; none is tried without it. */
    Optional<String> username();

    /** Password of the login. */
    Optional<String> password();

    /**
     * How long sending one mail may take, from the connection to the server's last word. Servers
     * that check a mail before they take it answer late.
     */
    @WithDefault("60s")
    Duration timeout();

    /** How the connection is protected. */
    enum Security {
      STARTTLS,
      TLS,
      NONE
    }
  }
}
