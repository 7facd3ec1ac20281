package dev.tokenledger.alerting.silence;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Mutes what all of its matchers match, for a time.
 *
 * @param startsAt inclusive
 * @param endsAt exclusive; moved when somebody ended it earlier
 * @param endedBy who ended it earlier; null if nobody did
 */
public record Silence(
    UUID id,
    List<Matcher> matchers,
    Instant startsAt,
    Instant endsAt,
    String comment,
    String createdBy,
    Instant createdAt,
    @Nullable String endedBy) {

  public Silence {
    matchers = List.copyOf(matchers);
  }

  /** Whether it mutes something with these labels while it is active. */
  public boolean matches(Map<String, String> labels) {
    return matchers.stream().allMatch(matcher -> matcher.matches(labels));
  }

  /** {@code pending}, {@code active} or {@code expired}. */
  String stateAt(Instant now) {
    if (endedBy != null || !now.isBefore(endsAt)) {
      return "expired";
    }
    return now.isBefore(startsAt) ? "pending" : "active";
  }
}
