package dev.tokenledger.aggregation.settle;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/**
 * Whether settling goes on: a shard that has failed for a while without success in between stands
 * still, whatever the reason. Thread-safe.
 */
@Default
@Readiness
@ApplicationScoped
public class SettlementProgress implements HealthCheck {
  /** How long a shard may fail before it is said to stand still. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Clock clock;
  private final Map<Integer, Failing> failing = new ConcurrentHashMap<>();
  private final Set<Integer> behind = ConcurrentHashMap.newKeySet();

  public SettlementProgress(Clock clock) {
    this.clock = clock;
  }

  private record Failing(Instant since, String reason) {}

  /**
   * @param since when it began
   * @param reason the last failure
   */
  public record StandingStill(Instant since, String reason) {}

  /** A shard has settled something, or has nothing to settle. */
  void went(int shard) {
    failing.remove(shard);
  }

  /**
   * Whether a shard has more to settle than one batch takes, so that whatever can wait leaves it
   * the machine.
   */
  public void behind(int shard, boolean isBehind) {
    if (isBehind) {
      behind.add(shard);
    } else {
      behind.remove(shard);
    }
  }

  /** Whether any shard is behind. */
  public boolean isBehind() {
    return !behind.isEmpty();
  }

  void failed(int shard, String reason) {
    failing.compute(
        shard, (s, before) -> new Failing(before == null ? clock.instant() : before.since, reason));
  }

  /** Since when what is accepted is not settled; empty while it is. */
  public Optional<StandingStill> standingStill() {
    @Nullable Failing longest = null;
    for (Failing each : failing.values()) {
      if (longest == null || each.since.isBefore(longest.since)) {
        longest = each;
      }
    }
    return longest == null || clock.instant().isBefore(longest.since.plus(PATIENCE))
        ? Optional.empty()
        : Optional.of(new StandingStill(longest.since, longest.reason));
  }

  @Override
  public HealthCheckResponse call() {
    Optional<StandingStill> still = standingStill();
    var response = HealthCheckResponse.named("settlement").status(still.isEmpty());
    still.ifPresent(
        s -> response.withData("since", s.since.toString()).withData("reason", s.reason));
    return response.build();
  }
}
