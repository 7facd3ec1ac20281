package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.event.Decoded;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.UsageEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives an event the agent, feature, user and session of the nearest span above it that names one,
 * as instrumentations write these on the outer span alone. Only spans of the same request are seen:
 * what an exporter sends in pieces keeps what each piece says. Never replaces what a span says
 * itself.
 */
final class Inheritance {
  /** Spans looked at above an event; deeper traces and cycles end the search. */
  private static final int MAX_HEIGHT = 64;

  private record Place(@Nullable String parent, Names names) {}

  /** What a span says of itself; null where it does not. */
  private record Names(
      @Nullable String agent,
      @Nullable String feature,
      @Nullable String user,
      @Nullable String session) {

    static Names of(EventHeader header) {
      return new Names(header.agent(), header.feature(), header.user(), header.session());
    }

    boolean isComplete() {
      return agent != null && feature != null && user != null && session != null;
    }

    Names orElse(Names other) {
      return new Names(
          agent == null ? other.agent : agent,
          feature == null ? other.feature : feature,
          user == null ? other.user : user,
          session == null ? other.session : session);
    }
  }

  private final Map<String, Place> places = new HashMap<>();

  void add(SpanData span) {
    if (!GenAiNames.isGenAi(span)) {
      places.putIfAbsent(
          span.eventId(), new Place(parent(span), new Names(null, null, null, null)));
      return;
    }
    Names names =
        new Names(
            Dimensions.agent(span, SpanKind.of(span)),
            Dimensions.feature(span),
            Dimensions.user(span),
            Dimensions.session(span));
    places.putIfAbsent(span.eventId(), new Place(parent(span), names));
  }

  List<Decoded.Draft> apply(List<Decoded.Draft> events) {
    List<Decoded.Draft> applied = new ArrayList<>(events.size());
    for (Decoded.Draft draft : events) {
      applied.add(new Decoded.Draft(draft.index(), apply(draft.event())));
    }
    return applied;
  }

  private UsageEvent apply(UsageEvent event) {
    EventHeader header = event.header();
    Names own = Names.of(header);
    Names names = own;
    String above = key(header.traceId(), header.parentSpanId());
    for (int height = 0; above != null && !names.isComplete() && height < MAX_HEIGHT; height++) {
      Place place = places.get(above);
      if (place == null) {
        break;
      }
      names = names.orElse(place.names);
      above = place.parent;
    }
    return names.equals(own) ? event : event.withHeader(with(header, names));
  }

  private static EventHeader with(EventHeader header, Names names) {
    return new EventHeader(
        header.id(),
        header.time(),
        header.environment(),
        names.agent,
        names.feature,
        names.user,
        names.session,
        header.traceId(),
        header.spanId(),
        header.parentSpanId(),
        header.tags(),
        header.attributes(),
        header.amends());
  }

  private static @Nullable String parent(SpanData span) {
    return key(span.traceId(), span.parentSpanId());
  }

  private static @Nullable String key(@Nullable String traceId, @Nullable String spanId) {
    return traceId == null || spanId == null ? null : traceId + '/' + spanId;
  }
}
