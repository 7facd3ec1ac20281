package dev.tokenledger.ingest.decode;

import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import java.util.List;

/**
 * What a dialect made of one request body: the events it could read, and for each item that it
 * could not read the reason. A body that is broken as a whole is a {@link
 * dev.tokenledger.platform.problem.ProblemException} instead.
 *
 * @param items how many items the sender sent: events, spans, records
 * @param events the events read; one item may give several (an agent's span that bears usage) or
 *     none (a span that is no usage)
 * @param rejected the items refused, at most one rejection an item
 * @param links the places of all spans, for dialects that have spans
 */
public record Decoded(
    int items, List<Draft> events, List<Rejection> rejected, List<SpanLink> links) {

  /**
   * An event with the position of the item it was read from.
   *
   * @param index position of the item in the request, from 0
   */
  public record Draft(int index, UsageEvent event) {}
}
