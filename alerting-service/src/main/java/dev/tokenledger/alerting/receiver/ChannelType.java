package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What kind of receiver a channel leads to. */
public enum ChannelType {
  WEBHOOK,
  SLACK,
  EMAIL,
  PAGERDUTY,
  ALERTMANAGER;

  /** The type with a label, or empty if there is none. */
  public static Optional<ChannelType> of(String label) {
    return Arrays.stream(values()).filter(type -> type.label().equals(label)).findFirst();
  }

  /** All labels, as they are told to somebody who has sent another. */
  public static String labels() {
    return Arrays.stream(values()).map(ChannelType::label).collect(Collectors.joining(", "));
  }

  /** As the API and the database have it. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether the receiver keeps a condition until it is told that it is over, so that what was told
   * as a test must be taken back.
   */
  public boolean keepsConditions() {
    return this == PAGERDUTY || this == ALERTMANAGER;
  }
}
