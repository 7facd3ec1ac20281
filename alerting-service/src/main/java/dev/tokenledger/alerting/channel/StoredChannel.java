package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.ChannelType;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A channel as it is stored.
 *
 * @param url of a webhook or an Alertmanager
 * @param recipients of an e-mail channel; empty for others
 * @param username for an Alertmanager
 * @param encryptedSecret what no answer shows again, or null where there is none
 * @param secretHint what people know the secret by
 * @param minSeverity what matters less is not sent
 * @param failures how many attempts have failed since the last that has not
 * @param restingUntil nothing is sent before, or null
 * @param disabledReason why nothing is sent at all, or null
 */
record StoredChannel(
    UUID id,
    String name,
    ChannelType type,
    @Nullable String url,
    List<String> recipients,
    @Nullable String username,
    byte @Nullable [] encryptedSecret,
    @Nullable String secretHint,
    Severity minSeverity,
    int failures,
    @Nullable Instant restingUntil,
    @Nullable String disabledReason,
    Instant createdAt,
    Instant updatedAt) {

  StoredChannel {
    recipients = List.copyOf(recipients);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "StoredChannel[" + id + ", " + type.label() + "]";
  }
}
