package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.platform.PlatformConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jboss.logging.Logger;

/**
 * Encrypts channels' secrets at rest with AES-256-GCM. What was encrypted with a key of former
 * times is read as long as the configuration names that key. Thread-safe.
 */
@ApplicationScoped
public class ChannelSecrets {
  private static final Logger LOG = Logger.getLogger(ChannelSecrets.class);
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String CIPHER = "AES/GCM/NoPadding";

  private final SecretKeySpec key;
  private final List<SecretKeySpec> formerKeys;
  private final boolean derived;
  private final SecureRandom random = new SecureRandom();

  public ChannelSecrets(AlertingConfig config, PlatformConfig platform) {
    this.derived = config.secretKey().isEmpty();
    this.key = key(config.secretKey().orElseGet(() -> platform.database().ownerPassword()));
    this.formerKeys =
        config.formerSecretKeys().orElse(List.of()).stream().map(ChannelSecrets::key).toList();
  }

  private static SecretKeySpec key(String secret) {
    try {
      return new SecretKeySpec(
          MessageDigest.getInstance("SHA-256")
              .digest(("tokenledger channels\0" + secret).getBytes(StandardCharsets.UTF_8)),
          "AES");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
  }

  void begin(@Observes StartupEvent event) {
    if (derived) {
      LOG.warn(
          "channels' secrets are encrypted with a key that is derived from the password of the"
              + " database's owner: they are lost when it changes. Set"
              + " tokenledger.alerting.secret-key, and that password once in"
              + " tokenledger.alerting.former-secret-keys");
    }
  }

  public byte[] encrypt(String secret) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      byte[] encrypted = cipher.doFinal(secret.getBytes(StandardCharsets.UTF_8));
      byte[] stored = Arrays.copyOf(nonce, NONCE_BYTES + encrypted.length);
      System.arraycopy(encrypted, 0, stored, NONCE_BYTES, encrypted.length);
      return stored;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a channel's secret cannot be encrypted", e);
    }
  }

  /**
   * @throws IllegalStateException if the value was encrypted with a key that is neither the present
   *     one nor named as a former one
   */
  public String decrypt(byte[] stored) {
    return decrypt(stored, key)
        .or(() -> decryptWithFormerKey(stored))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "a channel's secret cannot be decrypted: was tokenledger.alerting.secret-key"
                        + " changed, and the former one not named in former-secret-keys?"));
  }

  boolean hasFormerKeys() {
    return !formerKeys.isEmpty();
  }

  /** A secret as the present key encrypts it; empty if it already is, or if no key decrypts it. */
  Optional<byte[]> encryptAnew(byte[] stored) {
    return decrypt(stored, key).isPresent()
        ? Optional.empty()
        : decryptWithFormerKey(stored).map(this::encrypt);
  }

  private Optional<String> decryptWithFormerKey(byte[] stored) {
    return formerKeys.stream().flatMap(former -> decrypt(stored, former).stream()).findFirst();
  }

  /** Empty if it was encrypted with another key, which the tag at its end tells. */
  private static Optional<String> decrypt(byte[] stored, SecretKeySpec key) {
    if (stored.length <= NONCE_BYTES) {
      return Optional.empty();
    }
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, stored, 0, NONCE_BYTES));
      return Optional.of(
          new String(
              cipher.doFinal(stored, NONCE_BYTES, stored.length - NONCE_BYTES),
              StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }
}
