package dev.tokenledger.model.event;

import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One step of an agent's run.
 *
 * @param stepNumber position in the run from 1, or 0 when not reported
 * @param tool the tool that was called, for a {@link Kind#TOOL_CALL}
 * @param durationMicros duration in microseconds, {@link ModelCall#UNKNOWN} when not reported
 */
public record Step(
    EventHeader header,
    Kind kind,
    int stepNumber,
    @Nullable String tool,
    CallStatus status,
    @Nullable String errorType,
    long durationMicros)
    implements UsageEvent {

  /** The kinds of step, as agents in the manner of ReAct make them. */
  public enum Kind {
    THOUGHT,
    ACTION,
    OBSERVATION,
    TOOL_CALL,
    FINAL_ANSWER;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Step {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(status, "status");
  }

  @Override
  public EventType type() {
    return EventType.STEP;
  }

  @Override
  public Step withHeader(EventHeader newHeader) {
    return new Step(newHeader, kind, stepNumber, tool, status, errorType, durationMicros);
  }
}
