package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.event.Decoded;
import dev.tokenledger.ingest.event.Rejection;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes the spans of one request in order and keeps what became of each. Used by one thread. */
final class SpanSink {
  private final List<Decoded.Draft> events = new ArrayList<>();
  private final List<Rejection> rejected = new ArrayList<>();
  private final List<SpanLink> links = new ArrayList<>();
  private int items;

  /** Reads a span out of its encoding. */
  interface Source {
    SpanData read() throws Refusal;
  }

  void accept(Source source) {
    int index = items++;
    SpanData span = null;
    try {
      span = source.read();
      SpanMapper.Mapped mapped = SpanMapper.map(span);
      for (UsageEvent event : mapped.events()) {
        events.add(new Decoded.Draft(index, event));
      }
      links.add(mapped.link());
    } catch (Refusal refusal) {
      rejected.add(rejection(index, span, refusal));
      if (span != null) {
        // Without its place the spans beneath would lose theirs and be counted beside a wrapper.
        links.add(SpanMapper.place(span));
      }
    }
  }

  Decoded result() {
    return new Decoded(items, events, rejected, links);
  }

  private static Rejection rejection(int index, @Nullable SpanData span, Refusal refusal) {
    return new Rejection(
        index, span == null ? null : span.eventId(), refusal.code(), refusal.getMessage());
  }
}
