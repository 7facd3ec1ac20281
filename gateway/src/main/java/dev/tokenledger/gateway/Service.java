package dev.tokenledger.gateway;

import java.util.Locale;

/** The services behind the gateway. */
enum Service {
  INGEST,
  AGGREGATION,
  ALERTING,
  REPORTING;

  /** The name in answers, metrics and configuration. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
