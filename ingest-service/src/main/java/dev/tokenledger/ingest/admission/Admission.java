package dev.tokenledger.ingest.admission;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Decides which decoded events are admitted, and makes them what the ledger stores: masked and
 * priced. No I/O; thread-safe.
 */
public final class Admission {
  private static final Logger LOG = Logger.getLogger(Admission.class);

  private final Rules rules;
  private final Duration window;
  private final Duration ahead;
  private final Clock clock;
  private final AtomicLong lastMicros = new AtomicLong();

  public Admission(Rules rules, IngestConfig config, Clock clock) {
    this.rules = rules;
    this.window = config.admissionWindow();
    this.ahead = config.admissionAhead();
    this.clock = clock;
  }

  /**
   * What becomes of a request.
   *
   * @param batch the admitted events, for the stream
   * @param rejected all refused items, of the dialect and of the door, in the order of the request
   */
  public record Result(AdmittedBatch batch, List<Rejection> rejected) {
    /** Whether there is anything to be stored: events, places of spans, or counts of refusals. */
    public boolean isEmpty() {
      return batch.received() == 0 && batch.links().isEmpty();
    }
  }

  /**
   * @param project the project that the events are reported for
   * @param source who reports, as the completeness meter names it
   * @param apiKey the id of the key by which the events came, or null
   */
  public Result admit(
      int tenantId, String project, String source, @Nullable String apiKey, Decoded decoded) {
    TenantRules tenant = rules.tenant(tenantId);
    PriceBook book = rules.book();
    Instant now = clock.instant();
    Instant oldest = now.minus(window);
    Instant latest = now.plus(ahead);
    List<Rejection> rejected = new ArrayList<>(decoded.rejected());
    List<UsageEvent> events = new ArrayList<>(decoded.events().size());
    Set<String> ids = new HashSet<>(decoded.events().size() * 2);
    for (Decoded.Draft draft : decoded.events()) {
      UsageEvent event = draft.event();
      EventHeader header = event.header();
      if (header.time().isBefore(oldest)) {
        rejected.add(tooOld(draft, oldest));
      } else if (header.time().isAfter(latest)) {
        rejected.add(tooNew(draft, latest));
      } else if (!header.amends() && !ids.add(header.id())) {
        rejected.add(repeated(draft));
      } else {
        try {
          events.add(price(mask(event, tenant), tenantId, book));
        } catch (RuntimeException e) {
          // Ours to mend, but not at the cost of the events beside it: they would be sent for ever.
          LOG.error("an event could not be masked or priced and was rejected", e);
          rejected.add(unreadable(draft));
        }
      }
    }
    rejected.sort(Comparator.comparingInt(Rejection::index));
    // An agent's span with usage gives two events, but is one item.
    Set<Integer> seen = new HashSet<>();
    rejected.removeIf(rejection -> !seen.add(rejection.index()));
    Map<String, Integer> reasons = new HashMap<>();
    rejected.forEach(r -> reasons.merge(r.code().label(), 1, Integer::sum));
    return new Result(
        new AdmittedBatch(
            tenantId,
            project,
            source,
            apiKey,
            reserveMicros(now, Math.max(events.size(), decoded.links().size())),
            decoded.items(),
            reasons,
            events,
            decoded.links().stream().map(link -> mask(link, tenant)).toList()),
        rejected);
  }

  /** The tenant's quota of events a minute, or null. */
  public @Nullable Long quota(int tenantId) {
    return rules.tenant(tenantId).eventsPerMinute();
  }

  /**
   * The time in microseconds, but later than all that was given before, with one for each event and
   * span of the request from there on: they order the records of one event, also those of one
   * request.
   */
  private long reserveMicros(Instant now, int records) {
    long micros = now.getEpochSecond() * 1_000_000L + now.getNano() / 1_000;
    long more = Math.max(1, records) - 1L;
    return lastMicros.updateAndGet(last -> Math.max(last + 1, micros) + more) - more;
  }

  private static UsageEvent price(UsageEvent event, int tenantId, PriceBook book) {
    return event instanceof ModelCall call ? call.withPricing(book.price(tenantId, call)) : event;
  }

  private static UsageEvent mask(UsageEvent event, TenantRules tenant) {
    EventHeader header = event.header();
    if (header.user() == null
        && header.attributes().isEmpty()
        && header.tags().isEmpty()
        && (header.session() == null || header.session().indexOf('@') < 0)) {
      return event;
    }
    return event.withHeader(
        new EventHeader(
            header.id(),
            header.time(),
            header.environment(),
            header.agent(),
            header.feature(),
            maskUser(header.user(), tenant),
            maskSession(header.session(), tenant),
            header.traceId(),
            header.spanId(),
            header.parentSpanId(),
            mask(header.tags(), tenant),
            mask(header.attributes(), tenant),
            header.amends(),
            header.statusStated()));
  }

  private static SpanLink mask(SpanLink link, TenantRules tenant) {
    SpanNames names = link.names();
    if (names.user() == null && names.session() == null) {
      return link;
    }
    return link.withNames(
        new SpanNames(
            names.agent(),
            names.feature(),
            maskUser(names.user(), tenant),
            maskSession(names.session(), tenant),
            names.provider(),
            names.model()));
  }

  private static @Nullable String maskUser(@Nullable String user, TenantRules tenant) {
    return user == null ? null : tenant.pseudonyms().of(user);
  }

  private static @Nullable String maskSession(@Nullable String session, TenantRules tenant) {
    return session == null ? null : tenant.pseudonyms().withoutEmails(session);
  }

  private static Map<String, String> mask(Map<String, String> values, TenantRules tenant) {
    if (values.isEmpty()) {
      return values;
    }
    Map<String, String> masked = new HashMap<>();
    values.forEach(
        (name, value) ->
            masked.put(
                name,
                tenant.maskedAttributes().contains(name)
                    ? tenant.pseudonyms().of(value)
                    : tenant.pseudonyms().withoutEmails(value)));
    return masked;
  }

  private Rejection tooOld(Decoded.Draft draft, Instant oldest) {
    return new Rejection(
        draft.index(),
        draft.event().header().id(),
        RejectionCode.TIME_TOO_OLD,
        "The event started at "
            + draft.event().header().time()
            + ", before the admission window, which begins at "
            + oldest
            + ". Older history is brought in by an import.");
  }

  private Rejection tooNew(Decoded.Draft draft, Instant latest) {
    return new Rejection(
        draft.index(),
        draft.event().header().id(),
        RejectionCode.TIME_IN_FUTURE,
        "The event starts at "
            + draft.event().header().time()
            + ", later than "
            + latest
            + ". Check the sender's clock and that the time is in UTC or has its offset.");
  }

  private static Rejection unreadable(Decoded.Draft draft) {
    return new Rejection(
        draft.index(),
        draft.event().header().id(),
        RejectionCode.UNREADABLE,
        "The event holds a value that could not be worked with. The service's log says which.");
  }

  private static Rejection repeated(Decoded.Draft draft) {
    return new Rejection(
        draft.index(),
        draft.event().header().id(),
        RejectionCode.DUPLICATE_ID,
        "An earlier event of this request has the same id; that one counts. Give each event an id"
            + " of its own.");
  }
}
