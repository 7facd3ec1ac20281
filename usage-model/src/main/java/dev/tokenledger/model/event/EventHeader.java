package dev.tokenledger.model.event;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What every event has, whatever its kind.
 *
 * @param id the reporter's identifier; the same id in the same tenant is the same event
 * @param time when it started, UTC
 * @param environment deployment environment such as {@code production}
 * @param agent name of the agent on whose behalf it happened
 * @param feature the feature or use case it served
 * @param user the user; a pseudonym once the event has passed the door
 * @param session conversation or session identifier
 * @param traceId trace identifier as reported, lower-case hex for OpenTelemetry (32 digits)
 * @param spanId span identifier as reported, lower-case hex for OpenTelemetry (16 digits)
 * @param parentSpanId span identifier of the parent, or null for a root
 * @param tags declared tags; each key is a dimension {@code tags.<key>}
 * @param attributes everything else that was sent and kept, for the detail view only
 * @param amends true when this dialect means the event as an update of an earlier one with the same
 *     id: what it states replaces what was stored. False means that a second event with the same id
 *     is a repetition, which adds nothing of its own
 * @param statusStated false when the reporter did not say how it ended, so that the status is the
 *     default of the dialect; an update without one leaves the stored status as it is
 */
public record EventHeader(
    String id,
    Instant time,
    @Nullable String environment,
    @Nullable String agent,
    @Nullable String feature,
    @Nullable String user,
    @Nullable String session,
    @Nullable String traceId,
    @Nullable String spanId,
    @Nullable String parentSpanId,
    Map<String, String> tags,
    Map<String, String> attributes,
    boolean amends,
    boolean statusStated) {

  public EventHeader {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(time, "time");
    tags = Map.copyOf(tags);
    attributes = Map.copyOf(attributes);
  }

  /** A header of an event whose status is stated. */
  public EventHeader(
      String id,
      Instant time,
      @Nullable String environment,
      @Nullable String agent,
      @Nullable String feature,
      @Nullable String user,
      @Nullable String session,
      @Nullable String traceId,
      @Nullable String spanId,
      @Nullable String parentSpanId,
      Map<String, String> tags,
      Map<String, String> attributes,
      boolean amends) {
    this(
        id,
        time,
        environment,
        agent,
        feature,
        user,
        session,
        traceId,
        spanId,
        parentSpanId,
        tags,
        attributes,
        amends,
        true);
  }

  public EventHeader withUser(@Nullable String newUser) {
    return new EventHeader(
        id,
        time,
        environment,
        agent,
        feature,
        newUser,
        session,
        traceId,
        spanId,
        parentSpanId,
        tags,
        attributes,
        amends,
        statusStated);
  }

  public EventHeader withAttributes(Map<String, String> newAttributes) {
    return new EventHeader(
        id,
        time,
        environment,
        agent,
        feature,
        user,
        session,
        traceId,
        spanId,
        parentSpanId,
        tags,
        newAttributes,
        amends,
        statusStated);
  }
}
