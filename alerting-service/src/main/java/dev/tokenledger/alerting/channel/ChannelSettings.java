package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.AddressGuard;
import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.WebhookSignature;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What people may set of a channel: checks it, and makes channels of it. Every refusal names the
 * field and says what to send.
 */
final class ChannelSettings {
  private static final int MAX_NAME = 200;
  private static final int MAX_URL = 2_000;
  private static final int MAX_RECIPIENTS = 50;
  private static final int MAX_ADDRESS = 254;
  private static final int MAX_CREDENTIAL = 500;
  private static final int HINT = 4;
  private static final int HINTED_FROM = 16;
  private static final Pattern ROUTING_KEY = Pattern.compile("[A-Za-z0-9]{32}");
  private static final String DISABLED_BY_HAND = "disabled by a user";

  /** Stricter than the standard, which has forms that nobody uses and that could hide something. */
  private static final Pattern ADDRESS =
      Pattern.compile(
          "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
              + "@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*"
              + "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  private final ChannelSecrets secrets;
  private final AddressGuard guard;
  private final boolean hasMail;
  private final SecureRandom random;

  ChannelSettings(ChannelSecrets secrets, AlertingConfig config, SecureRandom random) {
    this.secrets = secrets;
    this.guard = new AddressGuard(config.allowPrivateAddresses());
    this.hasMail = config.smtp().host().isPresent();
    this.random = random;
  }

  /**
   * A new channel.
   *
   * @param newSecret a secret that we have made and that is to be shown this once, or null
   */
  record Made(StoredChannel channel, @Nullable String newSecret) {}

  /**
   * @throws ProblemException if something is missing or not valid
   */
  Made create(ChannelBody body, Instant now) {
    ChannelType type =
        ChannelType.of(body.type() == null ? "" : body.type())
            .orElseThrow(
                () -> invalid("type", "'type' must be one of " + ChannelType.labels() + "."));
    if (body.name() == null) {
      throw invalid("name", "'name' is missing.");
    }
    StoredChannel empty =
        new StoredChannel(
            UUID.randomUUID(),
            "",
            type,
            null,
            List.of(),
            null,
            null,
            null,
            Severity.LOW,
            0,
            null,
            null,
            now,
            now);
    if (type == ChannelType.EMAIL && !hasMail) {
      throw invalid(
          "type",
          "E-mail is not set up in this installation. Whoever runs it must set"
              + " tokenledger.alerting.smtp.host and .from.");
    }
    StoredChannel channel = change(empty, body, now);
    requireParts(channel);
    checkAddress(body);
    if (type != ChannelType.WEBHOOK) {
      return new Made(channel, null);
    }
    String secret = WebhookSignature.newSecret(random);
    return new Made(withSecret(channel, secret, now), secret);
  }

  private static void requireParts(StoredChannel channel) {
    switch (channel.type()) {
      case WEBHOOK, ALERTMANAGER -> require(channel.url() != null, "url");
      case SLACK -> require(channel.encryptedSecret() != null, "url");
      case EMAIL -> require(!channel.recipients().isEmpty(), "recipients");
      case PAGERDUTY -> require(channel.encryptedSecret() != null, "routing_key");
      default -> throw new IllegalStateException(channel.type().label());
    }
  }

  private static void require(boolean present, String field) {
    if (!present) {
      throw invalid(field, "'" + field + "' is missing.");
    }
  }

  /**
   * Refuses an address that must not be called. Resolves its host, which may take seconds; so it is
   * not part of {@link #change}.
   *
   * @throws ProblemException if it is refused or no address
   */
  void checkAddress(ChannelBody body) {
    if (body.url() != null) {
      guard
          .refusal(url(body.url()).getHost())
          .ifPresent(
              reason -> {
                throw invalid("url", "'url' cannot be used: " + reason + ".");
              });
    }
  }

  /**
   * A channel with what a body changes.
   *
   * @throws ProblemException if something is not valid or not of this type
   */
  StoredChannel change(StoredChannel channel, ChannelBody body, Instant now) {
    refuseForeign(channel.type(), body);
    String url = channel.url();
    byte[] secret = channel.encryptedSecret();
    String hint = channel.secretHint();
    String username = channel.username();
    if (body.url() != null) {
      URI checked = url(body.url());
      if (channel.type() == ChannelType.SLACK) {
        secret = secrets.encrypt(checked.toString());
        hint = checked.getScheme() + "://" + checked.getHost() + "/…" + hint(checked.toString());
      } else if (channel.type() == ChannelType.ALERTMANAGER && checked.getRawQuery() != null) {
        throw invalid("url", "'url' must be the Alertmanager's base address, without a query.");
      } else {
        refuseToLeakPassword(channel, body, checked);
        url = checked.toString();
      }
    }
    if (body.routingKey() != null) {
      if (!ROUTING_KEY.matcher(body.routingKey().strip()).matches()) {
        throw invalid(
            "routing_key",
            "'routing_key' must be the integration key of Events API v2: 32 letters and digits.");
      }
      secret = secrets.encrypt(body.routingKey().strip());
      hint = "…" + hint(body.routingKey().strip());
    }
    if (body.username() != null) {
      username = body.username().isEmpty() ? null : credential("username", body.username());
      secret = username == null ? null : secret;
      if (username != null && username.contains(":")) {
        throw invalid("username", "'username' must not have a colon.");
      }
    }
    if (body.password() != null) {
      if (username == null) {
        throw invalid("username", "'username' is missing; 'password' is nothing without it.");
      }
      secret = secrets.encrypt(credential("password", body.password()));
    }
    return new StoredChannel(
        channel.id(),
        body.name() == null ? channel.name() : name(body.name()),
        channel.type(),
        url,
        body.recipients() == null ? channel.recipients() : recipients(body.recipients()),
        username,
        secret,
        hint,
        body.minSeverity() == null ? channel.minSeverity() : severity(body.minSeverity()),
        0,
        null,
        disabledReason(channel, body),
        channel.createdAt(),
        now);
  }

  /** Whoever may change a channel could otherwise have its password sent to a place of theirs. */
  private static void refuseToLeakPassword(StoredChannel channel, ChannelBody body, URI url) {
    boolean keepsPassword =
        channel.username() != null
            && channel.encryptedSecret() != null
            && body.password() == null
            && !"".equals(body.username());
    if (keepsPassword && !url.toString().equals(channel.url())) {
      throw invalid("password", "'password' must be sent again with another 'url'.");
    }
  }

  /** A channel with another secret of ours. */
  StoredChannel withSecret(StoredChannel channel, String secret, Instant now) {
    return new StoredChannel(
        channel.id(),
        channel.name(),
        channel.type(),
        channel.url(),
        channel.recipients(),
        channel.username(),
        secrets.encrypt(secret),
        null,
        channel.minSeverity(),
        channel.failures(),
        channel.restingUntil(),
        channel.disabledReason(),
        channel.createdAt(),
        now);
  }

  /** A new secret for a webhook. */
  String newSecret() {
    return WebhookSignature.newSecret(random);
  }

  private static @Nullable String disabledReason(StoredChannel channel, ChannelBody body) {
    if (body.enabled() == null) {
      // Somebody who sets another address has mended what was wrong with the old one.
      return body.url() == null ? channel.disabledReason() : null;
    }
    return body.enabled() ? null : DISABLED_BY_HAND;
  }

  private static void refuseForeign(ChannelType type, ChannelBody body) {
    if (body.type() != null && !body.type().equals(type.label())) {
      throw invalid(
          "type", "'type' cannot be changed from " + type.label() + "; make another channel.");
    }
    boolean hasUrl =
        type == ChannelType.WEBHOOK
            || type == ChannelType.SLACK
            || type == ChannelType.ALERTMANAGER;
    refuse(body.url() != null && !hasUrl, "url", type);
    refuse(body.routingKey() != null && type != ChannelType.PAGERDUTY, "routing_key", type);
    refuse(body.recipients() != null && type != ChannelType.EMAIL, "recipients", type);
    refuse(body.username() != null && type != ChannelType.ALERTMANAGER, "username", type);
    refuse(body.password() != null && type != ChannelType.ALERTMANAGER, "password", type);
  }

  private static void refuse(boolean foreign, String field, ChannelType type) {
    if (foreign) {
      throw invalid(
          field, "A channel of type " + type.label() + " has no '" + field + "'; leave it out.");
    }
  }

  private static String name(String text) {
    String name = text.strip();
    if (name.isEmpty() || name.length() > MAX_NAME) {
      throw invalid("name", "'name' must have from 1 to " + MAX_NAME + " characters.");
    }
    return name;
  }

  private static Severity severity(String text) {
    try {
      return Severity.of(text);
    } catch (IllegalArgumentException e) {
      throw invalid("min_severity", "'min_severity' must be low, medium, high or critical.");
    }
  }

  private static String credential(String field, String text) {
    if (text.length() > MAX_CREDENTIAL || text.chars().anyMatch(Character::isISOControl)) {
      throw invalid(
          field,
          "'"
              + field
              + "' must have at most "
              + MAX_CREDENTIAL
              + " characters, none of them a control character.");
    }
    return text;
  }

  private static List<String> recipients(List<String> texts) {
    if (texts.isEmpty() || texts.size() > MAX_RECIPIENTS) {
      throw invalid(
          "recipients", "'recipients' must have from 1 to " + MAX_RECIPIENTS + " addresses.");
    }
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      // JSON may have null here, whatever the type says.
      String address = String.valueOf((Object) texts.get(i)).strip();
      if (address.length() > MAX_ADDRESS || !ADDRESS.matcher(address).matches()) {
        throw invalid(
            "recipients",
            "'recipients[" + i + "]' is not a plain e-mail address such as ops@example.com.");
      }
      if (!addresses.contains(address)) {
        addresses.add(address);
      }
    }
    return addresses;
  }

  private static URI url(String text) {
    URI url;
    try {
      url = URI.create(text.strip());
    } catch (IllegalArgumentException e) {
      throw invalid("url", "'url' is not a URL.");
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean http = "https".equals(scheme) || "http".equals(scheme);
    if (!http || url.getHost() == null || url.getUserInfo() != null) {
      throw invalid("url", "'url' must be an http or https URL with a host and no credentials.");
    }
    if (url.toString().length() > MAX_URL) {
      throw invalid("url", "'url' must have at most " + MAX_URL + " characters.");
    }
    return url;
  }

  private static String hint(String secret) {
    return secret.length() < HINTED_FROM ? "" : secret.substring(secret.length() - HINT);
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
