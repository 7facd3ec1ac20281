package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What happened to an incident. */
public enum HistoryEvent {
  OPENED,
  /** Its level or severity has grown; who had acknowledged it has not acknowledged this. */
  ESCALATED,
  ACKNOWLEDGED,
  /** It had been resolved by hand, and its level or severity has grown. */
  REOPENED,
  RESOLVED,
  COMMENTED,
  ASSIGNED;

  /**
   * @throws IllegalArgumentException if there is no such event
   */
  public static HistoryEvent of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** As the API and the database have it. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
