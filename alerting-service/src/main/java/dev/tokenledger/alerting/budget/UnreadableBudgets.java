package dev.tokenledger.alerting.budget;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * The budgets whose spending cannot be read, so that it is neither tried again at once nor keeps
 * others from being read: a scope that is kept together in no rollup, say, in a period of more
 * events than can be added up in time. Thread-safe.
 */
@ApplicationScoped
public class UnreadableBudgets {
  private static final Logger LOG = Logger.getLogger(UnreadableBudgets.class);

  /** How long a budget is left alone at least. */
  private static final Duration PAUSE = Duration.ofMinutes(1);

  /** And how many times as long as the attempt took, so that attempts are a small part of time. */
  private static final int PAUSE_OF_ATTEMPT = 10;

  /** A budget that nobody has tried to read for so long has gone. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofHours(1);

  private final Clock clock;
  private final Map<UUID, Entry> entries = new ConcurrentHashMap<>();

  /**
   * Why a budget cannot be read.
   *
   * @param since when that was found first
   */
  public record Unreadable(String reason, Instant since) {}

  private record Entry(
      Unreadable unreadable, BudgetScope scope, PeriodRule period, Instant retryAt) {}

  public UnreadableBudgets(MeterRegistry meters, Clock clock) {
    this.clock = clock;
    meters.gauge("tokenledger.budgets.unreadable", entries, Map::size);
  }

  /** Why a budget is not to be read now; empty when it may be. */
  Optional<Unreadable> leftAlone(Budget budget) {
    Entry entry = entries.get(budget.id());
    return entry != null && isOf(entry, budget) && clock.instant().isBefore(entry.retryAt)
        ? Optional.of(entry.unreadable)
        : Optional.empty();
  }

  private static boolean isOf(Entry entry, Budget budget) {
    return entry.scope.equals(budget.scope()) && entry.period.equals(budget.period());
  }

  void failed(Budget budget, String reason, Duration took, Throwable cause) {
    Instant now = clock.instant();
    Duration pause = took.multipliedBy(PAUSE_OF_ATTEMPT);
    Instant retryAt = now.plus(pause.compareTo(PAUSE) > 0 ? pause : PAUSE);
    entries.values().removeIf(entry -> entry.retryAt.plus(FORGOTTEN_AFTER).isBefore(now));
    Entry before = entries.get(budget.id());
    boolean known = before != null && isOf(before, budget);
    Instant since = known ? before.unreadable.since : now;
    entries.put(
        budget.id(),
        new Entry(new Unreadable(reason, since), budget.scope(), budget.period(), retryAt));
    if (!known) {
      LOG.warnf(
          "budget %s of tenant %d cannot be read and decides by its when_unavailable: %s",
          budget.id(), budget.tenantId(), reason);
      LOG.debugf(cause, "budget %s", budget.id());
    }
  }

  void succeeded(Budget budget) {
    if (entries.remove(budget.id()) != null) {
      LOG.infof("budget %s of tenant %d can be read again", budget.id(), budget.tenantId());
    }
  }

  Instant now() {
    return clock.instant();
  }
}
