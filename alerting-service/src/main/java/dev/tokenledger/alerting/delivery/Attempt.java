package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.channel.ChannelSecrets;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import dev.tokenledger.alerting.receiver.Message;
import dev.tokenledger.alerting.receiver.Receiver;
import dev.tokenledger.alerting.receiver.Senders;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Makes one attempt of a delivery that was claimed. */
final class Attempt {
  private static final Logger LOG = Logger.getLogger(Attempt.class);

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

  /**
   * A mistake of ours counts as a failure, so that it ends among the dead letters and is seen. What
   * the JVM itself fails at is left to it, and to whoever takes over the claim.
   */
  DeliveryOutcome make(DeliveryQueue.Due due, Instant now) {
    try {
      return send(due, now);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      LOG.errorf(e, "delivery %s cannot be attempted", due.id());
      return DeliveryOutcome.failed("not attempted: " + e.getMessage());
    }
  }

  private DeliveryOutcome send(DeliveryQueue.Due due, Instant now) {
    if (due.deleted()) {
      return DeliveryOutcome.unsendable("the channel was deleted");
    }
    Optional<Notification> notification = stored.read(due.id(), due.payload());
    if (notification.isEmpty()) {
      return DeliveryOutcome.unsendable("the stored notification cannot be read");
    }
    Receiver receiver =
        new Receiver(
            due.type(),
            due.url() == null ? null : URI.create(due.url()),
            due.recipients(),
            due.username(),
            secrets(due));
    return senders.send(receiver, message(due, notification.get(), now));
  }

  /** The secrets in plain text; a former one that nobody can read any more is left out. */
  private List<String> secrets(DeliveryQueue.Due due) {
    List<String> plain = new ArrayList<>();
    for (byte[] secret : due.encryptedSecrets()) {
      try {
        plain.add(secrets.decrypt(secret));
      } catch (IllegalStateException e) {
        if (plain.isEmpty()) {
          throw e;
        }
        LOG.warnf("a former secret of channel %s signs nothing: %s", due.channelId(), e);
      }
    }
    return plain;
  }

  private Message message(DeliveryQueue.Due due, Notification notification, Instant now) {
    if (due.type() != ChannelType.ALERTMANAGER || due.dedupeKey() == null) {
      return new Message(due.id(), now, notification, List.of(), notification.type());
    }
    String type = queue.conditionType(due).orElse(Message.GROUP);
    return new Message(due.id(), now, notification, earlier(due), type);
  }

  /** What was told since the condition last began, the oldest first. */
  private List<Notification> earlier(DeliveryQueue.Due due) {
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
