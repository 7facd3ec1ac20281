package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.channel.ChannelSecrets;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.Message;
import dev.tokenledger.alerting.receiver.Outcome;
import dev.tokenledger.alerting.receiver.Receiver;
import dev.tokenledger.alerting.receiver.Senders;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Makes one attempt of a delivery that was claimed. */
final class Attempt {
  private final DeliveryQueue queue;
  private final ChannelSecrets secrets;
  private final Senders senders;
  private final StoredNotification stored;

  Attempt(DeliveryQueue queue, ChannelSecrets secrets, Senders senders, ObjectMapper json) {
    this.queue = queue;
    this.secrets = secrets;
    this.senders = senders;
    this.stored = new StoredNotification(json);
  }

  Outcome make(DeliveryQueue.Due due, Instant now) {
    if (due.deleted()) {
      return Outcome.unsendable("the channel was deleted");
    }
    Optional<Notification> notification = stored.read(due.id(), due.payload());
    if (notification.isEmpty()) {
      return Outcome.unsendable("the stored notification cannot be read");
    }
    List<String> plain = new ArrayList<>();
    for (byte[] secret : due.encryptedSecrets()) {
      plain.add(secrets.decrypt(secret));
    }
    Receiver receiver =
        new Receiver(
            due.type(),
            due.url() == null ? null : URI.create(due.url()),
            due.recipients(),
            due.username(),
            plain);
    return senders.send(receiver, new Message(due.id(), now, notification.get(), earlier(due)));
  }

  /** What was told since the condition last began, the oldest first. */
  private List<Notification> earlier(DeliveryQueue.Due due) {
    if (due.type() != ChannelType.ALERTMANAGER || due.dedupeKey() == null) {
      return List.of();
    }
    Deque<Notification> earlier = new ArrayDeque<>();
    for (String payload : queue.earlier(due)) {
      Optional<Notification> notification = stored.read(due.id(), payload);
      if (notification.isPresent()) {
        if (notification.get().status() == Notification.Status.RESOLVED) {
          break;
        }
        earlier.addFirst(notification.get());
      }
    }
    return List.copyOf(earlier);
  }
}
