package dev.tokenledger.alerting.reservation;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An amount held for a call that is about to be made.
 *
 * @param amountNanos the estimate in nano-dollars; zero where none is known
 * @param budgets those that it holds against, each with the amount it holds there
 * @param subject what the call is for, by dimension
 * @param traceId of the call, by which it is found when it does not name the reservation, or null
 * @param expiresAt when the lease ends
 */
public record Reservation(
    UUID id,
    int tenantId,
    long amountNanos,
    Map<UUID, Long> budgets,
    Map<String, String> subject,
    @Nullable String traceId,
    @Nullable String spanId,
    Instant createdAt,
    Instant expiresAt) {
  public Reservation {
    budgets = Map.copyOf(budgets);
    subject = Map.copyOf(subject);
  }
}
