package dev.tokenledger.alerting.receiver;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signatures as Standard Webhooks 1.0 has them: HMAC-SHA-256 over id, time and body, in the header
 * {@code webhook-signature} as {@code v1,<base64>}, several of them with a space in between.
 */
public final class WebhookSignature {
  /** How secrets are written: this, then base64. */
  private static final String SECRET_PREFIX = "whsec_";

  private static final int SECRET_BYTES = 24;

  private WebhookSignature() {}

  /** A new secret, as it is written. */
  public static String newSecret(SecureRandom random) {
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    return SECRET_PREFIX + Base64.getEncoder().encodeToString(secret);
  }

  /**
   * @param secrets as they are written, with their prefix; each makes a signature, so that a
   *     receiver may know any of them
   */
  static String sign(List<String> secrets, String id, Instant time, String body) {
    return secrets.stream()
        .map(secret -> sign(secret, id, time, body))
        .collect(Collectors.joining(" "));
  }

  private static String sign(String secret, String id, Instant time, String body) {
    byte[] key = Base64.getDecoder().decode(secret.substring(SECRET_PREFIX.length()));
    String signed = id + "." + time.getEpochSecond() + "." + body;
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return "v1,"
          + Base64.getEncoder()
              .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is missing from this Java runtime", e);
    }
  }
}
