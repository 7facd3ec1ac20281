package dev.tokenledger.platform.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stored API key. A bearer key reads {@code tl_<key id>_<secret>}; a pair has the key id as its
 * public and {@code sk-lf-<secret>} as its secret part. Only the secret's hash is kept.
 */
public record ApiKey(
    String keyId,
    int tenantId,
    String tenant,
    @Nullable String project,
    Set<Scope> scopes,
    byte[] secretHash,
    boolean pair,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt) {

  static final String PREFIX = "tl_";
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * A key just made; the only moment at which its secret is known.
   *
   * @param credential what the caller sends: the whole bearer key, or the secret part of a pair
   */
  public record Issued(String keyId, String credential, byte[] secretHash) {
    @Override
    public String toString() {
      return "Issued[" + keyId + ", redacted]";
    }
  }

  public static Issued issueBearer() {
    String keyId = random(9);
    String secret = random(32);
    return new Issued(keyId, PREFIX + keyId + "_" + secret, hash(secret));
  }

  public static Issued issuePair() {
    String secret = "sk-lf-" + random(32);
    return new Issued("pk-lf-" + random(12), secret, hash(secret));
  }

  /**
   * Whether a key with these scopes may be one of a project: a project limits what is reported and
   * asked by ingest keys, and nothing else.
   */
  public static boolean mayHaveProject(Set<Scope> scopes) {
    return scopes.equals(Set.of(Scope.INGEST));
  }

  boolean matches(String secret) {
    return MessageDigest.isEqual(secretHash, hash(secret));
  }

  Caller caller() {
    return new Caller(tenantId, tenant, project, Caller.KEY_ACTOR + keyId, scopes);
  }

  /** Letters and digits alone, so that a key is one word wherever it is pasted. */
  private static String random(int bytes) {
    byte[] raw = new byte[bytes];
    RANDOM.nextBytes(raw);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(raw)
        .replace('_', 'x')
        .replace('-', 'y');
  }

  static byte[] hash(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
  }

  @Override
  public String toString() {
    return "ApiKey[" + keyId + ", tenant " + tenant + "]";
  }
}
