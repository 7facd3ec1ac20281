package dev.tokenledger.platform.privacy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One tenant's pseudonyms: HMAC-SHA-256 under the tenant's key, cut to 128 bits. The same person is
 * the same pseudonym for ever, and another one in another tenant; without the key nobody can tell
 * whether a pseudonym stands for a given person. Thread-safe.
 */
public final class Pseudonyms {
  private static final String PREFIX = "u_";
  private static final int BYTES = 16;

  /** Pseudonyms kept so that each is computed once; emptied when full. */
  private static final int MAX_REMEMBERED = 20_000;

  /** Longer values are computed each time: kept, they would take more memory than they save. */
  private static final int MAX_REMEMBERED_LENGTH = 256;

  private final SecretKeySpec key;
  private final ThreadLocal<Mac> mac = ThreadLocal.withInitial(this::newMac);
  private final Map<String, String> remembered = new ConcurrentHashMap<>();

  public Pseudonyms(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  /** The pseudonym of a value; of a pseudonym that we made ourselves, the same. */
  public String of(String value) {
    if (isPseudonym(value)) {
      return value;
    }
    String known = remembered.get(value);
    if (known != null) {
      return known;
    }
    byte[] digest = mac.get().doFinal(value.getBytes(StandardCharsets.UTF_8));
    String pseudonym = PREFIX + HexFormat.of().formatHex(digest, 0, BYTES);
    if (value.length() <= MAX_REMEMBERED_LENGTH) {
      if (remembered.size() >= MAX_REMEMBERED) {
        remembered.clear();
      }
      remembered.put(value, pseudonym);
    }
    return pseudonym;
  }

  /** The text with each e-mail address in it replaced by its pseudonym. */
  public String withoutEmails(String text) {
    return EmailAddresses.replace(text, this::of);
  }

  private static boolean isPseudonym(String value) {
    if (value.length() != PREFIX.length() + 2 * BYTES || !value.startsWith(PREFIX)) {
      return false;
    }
    for (int i = PREFIX.length(); i < value.length(); i++) {
      if (Character.digit(value.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  private Mac newMac() {
    try {
      Mac fresh = Mac.getInstance("HmacSHA256");
      fresh.init(key);
      return fresh;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is missing from this Java runtime", e);
    }
  }
}
