package dev.tokenledger.model.stream;

import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the door admitted of one request.
 *
 * @param tenantId the tenant
 * @param project the project's name; a dimension of every event of the batch
 * @param source where it came from, as the completeness meter names it: dialect and service, such
 *     as {@code otlp:checkout}
 * @param apiKey the id of the API key by which it came, a dimension of every event of the batch;
 *     null for what came by none or was written before keys were noted
 * @param admittedAtMicros when the door admitted it, microseconds since the epoch; of two updates
 *     of one event the later one stands
 * @param received items in the request
 * @param rejected items refused, by the label of the reason
 * @param events the admitted events, masked and priced
 * @param links the places of spans, for dialects that have them
 */
public record AdmittedBatch(
    int tenantId,
    String project,
    String source,
    @Nullable String apiKey,
    long admittedAtMicros,
    int received,
    Map<String, Integer> rejected,
    List<UsageEvent> events,
    List<SpanLink> links) {

  public AdmittedBatch {
    rejected = Map.copyOf(rejected);
    events = List.copyOf(events);
    links = List.copyOf(links);
  }
}
