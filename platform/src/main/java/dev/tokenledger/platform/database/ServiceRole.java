package dev.tokenledger.platform.database;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** The database roles under which services connect. None of them owns a table. */
public enum ServiceRole {
  INGEST,
  AGGREGATION,
  ALERTING,
  REPORTING,
  /** Reads tenants and keys, in every process. */
  IDENTITY;

  /** Between the server's limit for a statement and ours for its answer. */
  static final Duration SLACK = Duration.ofSeconds(5);

  /** The role's name in Postgres. */
  public String roleName() {
    return "tokenledger_" + label();
  }

  /**
   * Settings of the role's sessions, as options of the connection. Statements are planned for their
   * own values: a plan that was kept from when a table was small is ruinous once it is large.
   * Questions are short, and not spread over processors that others need.
   */
  String settings() {
    return " -c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0 -c jit=off"
        + limits();
  }

  /**
   * How long a session may wait for a lock, and hold its own without doing anything. Settling waits
   * for its locks as long as it takes: it has an order for them, and nobody waits for its answer.
   */
  private String limits() {
    return this == AGGREGATION
        ? " -c idle_in_transaction_session_timeout=300000"
        : " -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000";
  }

  /** The longest statement of a role whose statements are all short. */
  Optional<Duration> longestStatement() {
    return this == IDENTITY ? Optional.of(Duration.ofSeconds(3)) : Optional.empty();
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
