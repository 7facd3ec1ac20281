package dev.tokenledger.alerting.receiver;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a notification is sent to.
 *
 * @param url of a webhook or an Alertmanager; null for the others
 * @param recipients addresses of an e-mail channel; empty for the others
 * @param username for an Alertmanager behind basic authentication, or null
 * @param secrets in plain text: of a webhook those to sign with, the newest first; of Slack its
 *     URL; of PagerDuty the routing key; of an Alertmanager the password, if it has one
 */
public record Receiver(
    ChannelType type,
    @Nullable URI url,
    List<String> recipients,
    @Nullable String username,
    List<String> secrets) {

  public Receiver {
    recipients = List.copyOf(recipients);
    secrets = List.copyOf(secrets);
  }

  URI requiredUrl() {
    if (url == null) {
      throw new IllegalStateException("a channel of type " + type.label() + " has no URL");
    }
    return url;
  }

  String secret() {
    if (secrets.isEmpty()) {
      throw new IllegalStateException("a channel of type " + type.label() + " has no secret");
    }
    return secrets.get(0);
  }

  /** Without the secrets. */
  @Override
  public String toString() {
    return "Receiver[" + type.label() + "]";
  }
}
