package dev.tokenledger.model.event;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a task by an agent. Its tokens and cost are those of the calls beneath it; it
 * carries none itself.
 *
 * @param task what it was asked to do
 * @param durationMicros duration in microseconds, {@link ModelCall#UNKNOWN} when not reported
 */
public record AgentRun(
    EventHeader header,
    @Nullable String task,
    CallStatus status,
    @Nullable String errorType,
    long durationMicros)
    implements UsageEvent {

  public AgentRun {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(status, "status");
  }

  @Override
  public EventType type() {
    return EventType.AGENT_RUN;
  }

  @Override
  public AgentRun withHeader(EventHeader newHeader) {
    return new AgentRun(newHeader, task, status, errorType, durationMicros);
  }
}
