package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingConfig;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.mail.MailConfig;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.time.Clock;
import java.util.EnumMap;
import java.util.Map;
import org.jboss.logging.Logger;

/** Brings notifications to receivers of every type. Thread-safe. */
@ApplicationScoped
public class Senders {
  private static final Logger LOG = Logger.getLogger(Senders.class);
  private static final String NO_MAIL =
      "e-mail is not set up in this installation: set tokenledger.alerting.smtp.host";

  private final Map<ChannelType, Sender> senders = new EnumMap<>(ChannelType.class);

  public Senders(Vertx vertx, AlertingConfig config, ObjectMapper json, Clock clock) {
    PinnedHttpClient http =
        new PinnedHttpClient(
            vertx,
            new AddressGuard(config.allowPrivateAddresses()),
            config.deliveryTimeout(),
            config.deliveryThreads(),
            clock);
    senders.put(ChannelType.WEBHOOK, new WebhookSender(http, json));
    senders.put(ChannelType.SLACK, new SlackSender(http, json));
    senders.put(
        ChannelType.PAGERDUTY, new PagerDutySender(http, json, URI.create(config.pagerdutyUrl())));
    senders.put(ChannelType.ALERTMANAGER, new AlertmanagerSender(http, json));
    senders.put(ChannelType.EMAIL, email(vertx, config));
  }

  /** Makes the senders at start, so that a setting that is wrong stops it and is seen. */
  void begin(@Observes StartupEvent event) {
    LOG.debugf("channels of type %s can be sent to", senders.keySet());
  }

  private static Sender email(Vertx vertx, AlertingConfig config) {
    if (config.smtp().host().isEmpty()) {
      // The setting may have been taken away from channels that are there.
      return (receiver, message) -> DeliveryOutcome.failed(NO_MAIL);
    }
    if (config.smtp().from().isEmpty()) {
      throw new IllegalStateException(
          "tokenledger.alerting.smtp.from is missing: e-mail needs a sender");
    }
    return new EmailSender(vertx, config.smtp(), new MailConfig());
  }

  /**
   * Makes one attempt; blocks for no longer than the configured timeout of a request, or that of a
   * mail.
   */
  public DeliveryOutcome send(Receiver receiver, Message message) {
    return sender(receiver.type()).send(receiver, message);
  }

  private Sender sender(ChannelType type) {
    Sender sender = senders.get(type);
    if (sender == null) {
      throw new IllegalStateException("no sender for " + type.label());
    }
    return sender;
  }
}
