package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.changes.ChangedTenants;
import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates rules when their window has moved on, when they were changed, and when the ledger says
 * that a tenant's numbers have changed, though not more often than their window makes worth while.
 * A word that is lost is made up for by the next window.
 */
@ApplicationScoped
class RuleLoop {
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** So that a busy ledger does not have all rules read many times a second. */
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  /** Late events change a long window by little: it is looked at again after a part of it. */
  private static final int PARTS_OF_WINDOW = 240;

  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final RuleEvaluation evaluation;
  private final RuleStore store;
  private final Database database;
  private final ChangedTenants changes;
  private final Duration sweepInterval;
  private final Clock clock;
  private final BackgroundLoop loop;

  // The loop's thread alone uses what follows.
  private final Map<Integer, Instant> changed = new HashMap<>();
  private final Map<UUID, Look> looks = new HashMap<>();
  private final Map<Integer, Set<UUID>> rulesOfTenants = new HashMap<>();
  private final Set<Integer> heard = new TreeSet<>();
  private Instant nextSweep = Instant.EPOCH;
  private Instant nextLook = Instant.EPOCH;

  /** The last look at a rule. */
  record Look(int version, Instant windowEnd, Instant at) {}

  RuleLoop(
      AlertingStart start,
      RuleEvaluation evaluation,
      RuleStore store,
      BlockingRedis redis,
      AlertingConfig config,
      MeterRegistry meters,
      Clock clock) {
    this.evaluation = evaluation;
    this.store = store;
    this.database = start.database();
    this.changes = new ChangedTenants(redis);
    this.sweepInterval = config.sweepInterval();
    this.clock = clock;
    this.loop = new BackgroundLoop("rule-evaluation", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    hear();
    try {
      look(clock.instant());
    } catch (RuntimeException e) {
      // The next sweep reads the same absolute values; nothing is missed by waiting for it.
      nextSweep = clock.instant().plus(SHORTEST_PAUSE);
      throw e;
    }
  }

  private void look(Instant now) {
    if (!now.isBefore(nextSweep)) {
      Set<Integer> tenants = new TreeSet<>(database.asService(store::tenants));
      changed.keySet().retainAll(tenants);
      heard.addAll(tenants);
      nextSweep = now.plus(sweepInterval);
      nextLook = now;
    }
    if (!now.isBefore(nextLook)) {
      List<Integer> tenants = List.copyOf(heard);
      heard.clear();
      nextLook = now.plus(BETWEEN_LOOKS);
      for (int tenantId : tenants) {
        if (!loop.attempt("evaluation of rules of tenant " + tenantId, () -> evaluate(tenantId))) {
          heard.add(tenantId);
        }
      }
    }
  }

  private void evaluate(int tenantId) {
    List<Rule> rules =
        database.asTenant(tenantId, connection -> store.enabled(connection, tenantId));
    forget(tenantId, rules);
    Optional<Instant> through =
        rules.isEmpty() ? Optional.empty() : evaluation.dataThrough(tenantId);
    if (through.isEmpty()) {
      return;
    }
    for (Rule rule : rules) {
      Window window = RuleEvaluation.window(rule, through.get());
      Instant now = clock.instant();
      boolean due = isDue(rule, window.end(), looks.get(rule.id()), changed.get(tenantId), now);
      if (due && !loop.isStopping()) {
        evaluate(rule, window, now);
      }
    }
  }

  /** One rule must not keep the others from being looked at. */
  private void evaluate(Rule rule, Window window, Instant now) {
    boolean done = false;
    try {
      looks.put(rule.id(), new Look(rule.version(), window.end(), now));
      done =
          loop.attempt("evaluation of rule " + rule.id(), () -> evaluation.evaluate(rule, window));
    } finally {
      if (!done) {
        looks.remove(rule.id());
      }
    }
  }

  /** Whether a rule is to be looked at. */
  static boolean isDue(
      Rule rule, Instant windowEnd, @Nullable Look last, @Nullable Instant changedAt, Instant now) {
    if (last == null || last.version() != rule.version()) {
      return true;
    }
    // Redis may be away: then the end is told by the last admission, which lies further back.
    if (!windowEnd.equals(last.windowEnd())) {
      return windowEnd.isAfter(last.windowEnd());
    }
    Duration pause = rule.window().dividedBy(PARTS_OF_WINDOW);
    pause = pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause;
    pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    return changedAt != null
        && !changedAt.isBefore(last.at())
        && Duration.between(last.at(), now).compareTo(pause) >= 0;
  }

  /** Drops the looks at a tenant's rules that are no more; others keep theirs. */
  private void forget(int tenantId, List<Rule> rules) {
    Set<UUID> known = new HashSet<>();
    rules.forEach(rule -> known.add(rule.id()));
    Set<UUID> ofTenant = rulesOfTenants.getOrDefault(tenantId, Set.of());
    ofTenant.stream().filter(id -> !known.contains(id)).forEach(looks::remove);
    rulesOfTenants.put(tenantId, known);
  }

  /** Notes the tenants of which the ledger has said something since the last time. */
  private void hear() {
    Set<Integer> tenants = changes.next();
    Instant now = clock.instant();
    heard.addAll(tenants);
    tenants.forEach(tenantId -> changed.put(tenantId, now));
  }
}
