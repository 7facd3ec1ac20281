package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.net.http.HttpHeaders;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WebhookSignatureTest {
  private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  private static final String BODY = "{\"test\": 2432232314}";

  /** The vector that the Standard Webhooks libraries test with. */
  @Test
  void signsAsStandardWebhooksDoes() {
    assertThat(
            WebhookSignature.sign(
                List.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                ID,
                Instant.ofEpochSecond(1_614_265_330),
                BODY))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void whileASecretIsReplacedReceiversWithEitherAcceptTheSameRequest() {
    String former = WebhookSignature.newSecret(new SecureRandom());
    String present = WebhookSignature.newSecret(new SecureRandom());
    // The library refuses what is older than five minutes.
    Instant now = Instant.now();
    HttpHeaders headers =
        headers(now, WebhookSignature.sign(List.of(present, former), ID, now, BODY));
    assertThatCode(() -> new Webhook(present).verify(BODY, headers)).doesNotThrowAnyException();
    assertThatCode(() -> new Webhook(former).verify(BODY, headers)).doesNotThrowAnyException();
    String another = WebhookSignature.newSecret(new SecureRandom());
    assertThatThrownBy(() -> new Webhook(another).verify(BODY, headers))
        .isInstanceOf(WebhookVerificationException.class);
  }

  private static HttpHeaders headers(Instant time, String signature) {
    return HttpHeaders.of(
        Map.of(
            "webhook-id", List.of(ID),
            "webhook-timestamp", List.of(Long.toString(time.getEpochSecond())),
            "webhook-signature", List.of(signature)),
        (name, value) -> true);
  }
}
