package dev.tokenledger.ingest.events;

import dev.tokenledger.ingest.admission.Admission;
import dev.tokenledger.ingest.decode.Rejection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of the events of a request.
 *
 * @param accepted events that are durable now; one that was sent before is among them and is not
 *     counted again
 * @param rejected the others, each with its reason
 */
public record EventsAnswer(int accepted, List<RejectedEvent> rejected) {

  /**
   * @param index position in the request, from 0
   * @param id the event's id where it could be read
   * @param code stable code of the reason
   * @param message what was wrong and what to change
   */
  public record RejectedEvent(int index, @Nullable String id, String code, String message) {
    private static RejectedEvent of(Rejection rejection) {
      return new RejectedEvent(
          rejection.index(), rejection.id(), rejection.code().label(), rejection.message());
    }
  }

  static EventsAnswer of(Admission.Result result) {
    return new EventsAnswer(
        result.batch().events().size(), result.rejected().stream().map(RejectedEvent::of).toList());
  }
}
