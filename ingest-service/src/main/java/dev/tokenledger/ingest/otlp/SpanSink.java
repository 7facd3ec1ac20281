package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Footprint;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes the spans of one request in order and keeps what became of each. Used by one thread. */
final class SpanSink {
  private static final Logger LOG = Logger.getLogger(SpanSink.class);

  /** A span's link, its place for those beneath it, and the entries that hold them. */
  private static final int PLACE_BYTES = 800;

  private final Body body;
  private final int maxSpans;
  private final List<Decoded.Draft> events = new ArrayList<>();
  private final List<Rejection> rejected = new ArrayList<>();
  private final List<SpanLink> links = new ArrayList<>();
  private int items;

  /**
   * @param body what the spans are read from; told what is kept of them
   */
  SpanSink(Body body, int maxSpans) {
    this.body = body;
    this.maxSpans = maxSpans;
  }

  /** Reads a span out of its encoding. */
  interface Source {
    SpanData read() throws Refusal;
  }

  /** Bytes of attributes with so many characters. */
  static long bytes(int characters) {
    return 400 + 2L * characters;
  }

  /**
   * Says that another span begins, before anything is made of it.
   *
   * @throws ProblemException when the request has more spans than it may have
   */
  void next() {
    if (items >= maxSpans) {
      throw new ProblemException(
          ProblemCode.TOO_MANY_EVENTS,
          "A request may have "
              + maxSpans
              + " spans at most. Nothing of it was taken; send it in parts.");
    }
    items++;
  }

  /** Takes the span that {@link #next} announced. */
  void accept(Source source) {
    int index = items - 1;
    SpanData span = null;
    int before = events.size();
    long bytes = PLACE_BYTES;
    try {
      span = source.read();
      SpanMapper.Mapped mapped = SpanMapper.map(span);
      for (UsageEvent event : mapped.events()) {
        events.add(new Decoded.Draft(index, event));
        bytes += Footprint.of(event);
      }
      links.add(mapped.link());
    } catch (Refusal refusal) {
      reject(index, span, refusal.code(), refusal.getMessage());
    } catch (RuntimeException e) {
      // Ours to mend, but not at the cost of the spans beside it: they would be sent for ever.
      LOG.error("a span could not be read and was rejected", e);
      events.subList(before, events.size()).clear();
      reject(
          index,
          span,
          RejectionCode.UNREADABLE,
          "The span holds a value that could not be worked with. The service's log says which.");
    }
    body.keeps(bytes);
  }

  private void reject(int index, @Nullable SpanData span, RejectionCode code, String message) {
    rejected.add(new Rejection(index, span == null ? null : span.eventId(), code, message));
    if (span != null) {
      // Without its place the spans beneath would lose theirs and be counted beside a wrapper.
      links.add(SpanMapper.place(span));
    }
  }

  Decoded result() {
    return new Decoded(items, events, rejected, links);
  }
}
