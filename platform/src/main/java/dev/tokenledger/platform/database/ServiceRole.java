package dev.tokenledger.platform.database;

import java.util.Locale;

/** The database roles under which services connect. None of them owns a table. */
public enum ServiceRole {
  INGEST,
  AGGREGATION,
  ALERTING,
  REPORTING,
  /** Reads tenants and keys, in every process. */
  IDENTITY;

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
    return " -c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0 -c jit=off";
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
