package dev.tokenledger.model.stream;

import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was admitted of a request as items that can go separate ways: an event with the place of its
 * span, which are settled together, or a place without an event. Immutable.
 */
public final class BatchItems {
  private static final int EVENT_BYTES = 250;
  private static final int LINK_BYTES = 120;

  /**
   * @param event position among the events of the batch, -1 for none
   */
  private record Item(int event, List<SpanLink> links) {}

  private final AdmittedBatch batch;
  private final List<Item> items = new ArrayList<>();

  public BatchItems(AdmittedBatch batch) {
    this.batch = batch;
    Map<String, List<SpanLink>> byEvent = new HashMap<>();
    List<SpanLink> others = new ArrayList<>();
    for (SpanLink link : batch.links()) {
      String event = eventId(link);
      if (event == null) {
        others.add(link);
      } else {
        byEvent.computeIfAbsent(event, e -> new ArrayList<>()).add(link);
      }
    }
    for (int i = 0; i < batch.events().size(); i++) {
      List<SpanLink> links = byEvent.remove(batch.events().get(i).header().id());
      items.add(new Item(i, links == null ? List.of() : links));
    }
    byEvent.values().forEach(others::addAll);
    others.forEach(link -> items.add(new Item(-1, List.of(link))));
  }

  private static @Nullable String eventId(SpanLink link) {
    if (link.callEventId() != null) {
      return link.callEventId();
    }
    return link.event() ? SpanLink.eventId(link.traceId(), link.spanId()) : null;
  }

  public int size() {
    return items.size();
  }

  /** The trace that an item belongs to, or null. */
  public @Nullable String traceId(int item) {
    Item it = items.get(item);
    return it.links.isEmpty() ? null : it.links.get(0).traceId();
  }

  /** The position of an item's event among those of the batch, or -1. */
  public int event(int item) {
    return items.get(item).event;
  }

  /** About what an item takes in a block before it is compressed. */
  public long bytes(int item) {
    Item it = items.get(item);
    long bytes = (long) it.links.size() * LINK_BYTES;
    if (it.event >= 0) {
      UsageEvent event = batch.events().get(it.event);
      bytes += EVENT_BYTES + bytes(event.header().attributes()) + bytes(event.header().tags());
    }
    return bytes;
  }

  private static long bytes(Map<String, String> texts) {
    long bytes = 0;
    for (Map.Entry<String, String> text : texts.entrySet()) {
      bytes += text.getKey().length() + text.getValue().length() + 4L;
    }
    return bytes;
  }

  /**
   * A batch of some items.
   *
   * @param admittedAtMicros when its first event was admitted; each further one is a microsecond
   *     later
   * @param refused whether it has the counts of what was refused, as one of all parts does
   */
  public AdmittedBatch part(List<Integer> wanted, long admittedAtMicros, boolean refused) {
    List<UsageEvent> events = new ArrayList<>();
    List<SpanLink> links = new ArrayList<>();
    for (int item : wanted) {
      Item it = items.get(item);
      if (it.event >= 0) {
        events.add(batch.events().get(it.event));
      }
      links.addAll(it.links);
    }
    return new AdmittedBatch(
        batch.tenantId(),
        batch.project(),
        batch.source(),
        batch.apiKey(),
        admittedAtMicros,
        refused ? events.size() + batch.received() - batch.events().size() : events.size(),
        refused ? batch.rejected() : Map.of(),
        events,
        links);
  }
}
