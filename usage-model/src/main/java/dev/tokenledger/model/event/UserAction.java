package dev.tokenledger.model.event;

import java.util.Objects;

/**
 * Something that a user did in the application.
 *
 * @param action what was done, such as {@code page_view} or {@code feature_used}
 * @param durationMicros duration in microseconds, {@link ModelCall#UNKNOWN} when not reported
 */
public record UserAction(EventHeader header, String action, long durationMicros)
    implements UsageEvent {

  public UserAction {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(action, "action");
  }

  @Override
  public EventType type() {
    return EventType.USER_ACTION;
  }

  @Override
  public UserAction withHeader(EventHeader newHeader) {
    return new UserAction(newHeader, action, durationMicros);
  }
}
