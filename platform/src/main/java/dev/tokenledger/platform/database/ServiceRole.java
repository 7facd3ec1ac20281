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

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
