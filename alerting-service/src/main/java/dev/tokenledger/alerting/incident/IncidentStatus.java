package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where an incident stands. */
public enum IncidentStatus {
  OPEN,
  ACKNOWLEDGED,
  RESOLVED;

  /**
   * @throws IllegalArgumentException if there is no such status
   */
  public static IncidentStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** As the API and the database have it. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
