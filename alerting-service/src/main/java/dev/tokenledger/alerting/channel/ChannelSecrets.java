package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.platform.PlatformConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts channels' secrets at rest with AES-256-GCM. Thread-safe. */
@ApplicationScoped
public class ChannelSecrets {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String CIPHER = "AES/GCM/NoPadding";

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  public ChannelSecrets(AlertingConfig config, PlatformConfig platform) {
    String secret = config.secretKey().orElseGet(() -> platform.database().ownerPassword());
    try {
      this.key =
          new SecretKeySpec(
              MessageDigest.getInstance("SHA-256")
                  .digest(("tokenledger channels\0" + secret).getBytes(StandardCharsets.UTF_8)),
              "AES");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
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
   * @throws IllegalStateException if the value was encrypted with another key
   */
  public String decrypt(byte[] stored) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, stored, 0, NONCE_BYTES));
      return new String(
          cipher.doFinal(stored, NONCE_BYTES, stored.length - NONCE_BYTES), StandardCharsets.UTF_8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "a channel's secret cannot be decrypted: was tokenledger.alerting.secret-key changed?",
          e);
    }
  }
}
