package dev.tokenledger.alerting.receiver;

import dev.tokenledger.alerting.notification.Notification;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What an attempt is to bring.
 *
 * @param id of the delivery; the same in every attempt
 * @param sentAt the time of this attempt
 * @param earlier what the same receiver was told of the same condition before, the oldest first,
 *     from the last time that the condition began; only what receivers that keep conditions need
 * @param conditionType what is told of, the same from the condition's beginning to its end: the
 *     type of the first notification of it, or {@link #GROUP}
 */
public record Message(
    UUID id,
    Instant sentAt,
    Notification notification,
    List<Notification> earlier,
    String conditionType) {

  /** The {@link #conditionType} of a group of incidents. */
  public static final String GROUP = "incident.group";

  public Message {
    earlier = List.copyOf(earlier);
  }
}
