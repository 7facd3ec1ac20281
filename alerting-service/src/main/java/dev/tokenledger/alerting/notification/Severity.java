package dev.tokenledger.alerting.notification;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How much something matters; the least first. */
public enum Severity {
  LOW,
  MEDIUM,
  HIGH,
  CRITICAL;

  /**
   * @throws IllegalArgumentException if there is no such severity
   */
  @JsonCreator
  public static Severity of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** As the API and the database have it. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
