package dev.tokenledger.alerting.delivery;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Posts one webhook. Follows no redirects: the receiver is the one that was configured. */
final class WebhookSender {
  private final AddressGuard guard;
  private final Duration timeout;
  private final HttpClient client;

  WebhookSender(AddressGuard guard, Duration timeout) {
    this.guard = guard;
    this.timeout = timeout;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /**
   * What became of an attempt.
   *
   * @param status the answer's status, or null without one
   * @param error why it failed; null when it was delivered
   * @param retryAfter what the receiver asks for, or null
   */
  record Outcome(@Nullable Integer status, @Nullable String error, @Nullable Duration retryAfter) {
    boolean delivered() {
      return error == null;
    }

    boolean isGone() {
      return status != null && status == 410;
    }
  }

  Outcome send(URI url, String secret, String id, Instant time, String body) {
    Optional<String> refusal = guard.refusal(url.getHost());
    if (refusal.isPresent()) {
      return new Outcome(null, refusal.get(), null);
    }
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("User-Agent", "TokenLedger")
            .header("webhook-id", id)
            .header("webhook-timestamp", Long.toString(time.getEpochSecond()))
            .header("webhook-signature", WebhookSignature.sign(secret, id, time, body))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
      int status = answer.statusCode();
      return status >= 200 && status < 300
          ? new Outcome(status, null, null)
          : new Outcome(status, "the receiver answered " + status, retryAfter(answer));
    } catch (IOException e) {
      return new Outcome(null, e.getClass().getSimpleName() + ": " + e.getMessage(), null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome(null, "interrupted by shutdown", null);
    }
  }

  private static @Nullable Duration retryAfter(HttpResponse<Void> answer) {
    return answer
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d{1,7}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .orElse(null);
  }
}
