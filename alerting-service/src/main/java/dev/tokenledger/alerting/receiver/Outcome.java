package dev.tokenledger.alerting.receiver;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of an attempt.
 *
 * @param status the answer's status, of HTTP or SMTP, or null without one
 * @param error why it failed, or what was amiss although it was delivered; null when all is well
 * @param retryAfter what the receiver asks for, or null
 */
public record Outcome(
    Kind kind, @Nullable Integer status, @Nullable String error, @Nullable Duration retryAfter) {

  private static final int TOO_MANY_REQUESTS = 429;

  /** What follows from an attempt. */
  public enum Kind {
    DELIVERED,
    /** Worth another attempt. */
    FAILED,
    /** The receiver works and will not take this notification, however often it is sent. */
    REFUSED,
    /** Nobody takes anything there any more. */
    GONE
  }

  static Outcome delivered(int status) {
    return new Outcome(Kind.DELIVERED, status, null, null);
  }

  /** A failure without an answer. */
  public static Outcome failed(String error) {
    return new Outcome(Kind.FAILED, null, error, null);
  }

  /** A notification that cannot be sent at all. */
  public static Outcome unsendable(String error) {
    return new Outcome(Kind.REFUSED, null, error, null);
  }

  /** Whether the receiver works but asks to be left alone for a while. */
  public boolean isThrottled() {
    return status != null && status == TOO_MANY_REQUESTS;
  }
}
