package dev.tokenledger.alerting.receiver;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of an attempt.
 *
 * @param status the answer's status, of HTTP or SMTP, or null without one
 * @param error why it failed, or what was amiss although it was delivered; null when all is well
 * @param retryAfter what the receiver asks for, or null
 * @param missed addresses that did not get a mail which others got, and that are worth another
 *     attempt each
 */
public record DeliveryOutcome(
    Kind kind,
    @Nullable Integer status,
    @Nullable String error,
    @Nullable Duration retryAfter,
    List<String> missed) {

  private static final int TOO_MANY_REQUESTS = 429;

  public DeliveryOutcome {
    missed = List.copyOf(missed);
  }

  /** An outcome for all that the attempt was to reach. */
  public DeliveryOutcome(
      Kind kind, @Nullable Integer status, @Nullable String error, @Nullable Duration retryAfter) {
    this(kind, status, error, retryAfter, List.of());
  }

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

  static DeliveryOutcome delivered(int status) {
    return new DeliveryOutcome(Kind.DELIVERED, status, null, null);
  }

  /** A failure without an answer. */
  public static DeliveryOutcome failed(String error) {
    return new DeliveryOutcome(Kind.FAILED, null, error, null);
  }

  /** A notification that cannot be sent at all. */
  public static DeliveryOutcome unsendable(String error) {
    return new DeliveryOutcome(Kind.REFUSED, null, error, null);
  }

  /** Whether the receiver works but asks to be left alone for a while. */
  public boolean isThrottled() {
    return status != null && status == TOO_MANY_REQUESTS;
  }
}
