package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.regex.Pattern;

/** Posts to incoming webhooks of Slack, and of chats that take the same. */
final class SlackSender implements Sender {
  private static final int MAX_ANSWER = 256;

  /** How Slack names what is wrong; anything else is not repeated. */
  private static final Pattern REASON = Pattern.compile("[a-z_]{2,60}");

  private final PinnedHttpClient http;
  private final SlackMessage form;

  SlackSender(PinnedHttpClient http, ObjectMapper json) {
    this.http = http;
    this.form = new SlackMessage(json);
  }

  @Override
  public DeliveryOutcome send(Receiver receiver, Message message) {
    try {
      PinnedHttpClient.Answer answer =
          http.post(
              URI.create(receiver.secret()),
              Map.of(),
              form.of(message.notification()).toString(),
              MAX_ANSWER);
      if (answer.isSuccess()) {
        return DeliveryOutcome.delivered(answer.status());
      }
      String reason = answer.text().strip();
      return new DeliveryOutcome(
          kind(answer.status()),
          answer.status(),
          answer.complaint() + (REASON.matcher(reason).matches() ? " " + reason : ""),
          answer.retryAfter());
    } catch (IOException e) {
      return DeliveryOutcome.failed(String.valueOf(e.getMessage()));
    }
  }

  /** Slack answers 404 and 410 for webhooks, teams and channels that are there no more. */
  private static DeliveryOutcome.Kind kind(int status) {
    return switch (status) {
      case 400, 413 -> DeliveryOutcome.Kind.REFUSED;
      case 404, 410 -> DeliveryOutcome.Kind.GONE;
      default -> DeliveryOutcome.Kind.FAILED;
    };
  }
}
