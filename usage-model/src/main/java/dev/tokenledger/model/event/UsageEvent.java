package dev.tokenledger.model.event;

/**
 * Something that an application reported, in the one form that every dialect is turned into at the
 * door. Values are immutable and already checked: what violates a rule never becomes an event.
 */
public sealed interface UsageEvent permits ModelCall, AgentRun, Step, UserAction {
  EventHeader header();

  EventType type();

  /** The same event with another header; used by the door to mask personal data. */
  UsageEvent withHeader(EventHeader header);
}
