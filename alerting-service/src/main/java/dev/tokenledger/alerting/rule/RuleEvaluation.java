package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.explanation.Baseline;
import dev.tokenledger.alerting.explanation.Explainer;
import dev.tokenledger.alerting.explanation.Explanation;
import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.redis.BlockingRedis;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares rules with the ledger, and makes incidents of what holds. What is read is absolute, so
 * that evaluating often, seldom or in several processes gives the same.
 *
 * <p>Windows end with the last whole minute (or hour or day, where the dimensions are kept by these
 * only) through which the ledger has everything that was accepted: while it lags, windows wait, and
 * nothing is taken to be missing that is only late.
 */
@ApplicationScoped
class RuleEvaluation {
  /** How long what is told of a condition stays, so that it is not put together all the time. */
  private static final Duration TOLD = Duration.ofMinutes(10);

  /** Explanations in one evaluation of a rule; further series are told without. */
  private static final int MAX_EXPLAINED = 10;

  private static final String NO_LONGER = "the condition no longer holds";

  private final Database database;
  private final RuleStore store;
  private final RuleReader reader;
  private final Explainer explainer;
  private final Incidents incidents;
  private final FreshnessReader freshness;
  private final Duration delay;
  private final Clock clock;

  RuleEvaluation(
      AlertingStart start,
      RuleStore store,
      RuleReader reader,
      Explainer explainer,
      Incidents incidents,
      BlockingRedis redis,
      StreamConfig streams,
      AlertingConfig config,
      Clock clock) {
    this.database = start.database();
    this.store = store;
    this.reader = reader;
    this.explainer = explainer;
    this.incidents = incidents;
    this.freshness =
        new FreshnessReader(start.database(), redis, streams, Duration.ofSeconds(30), clock);
    this.delay = config.ruleDelay();
    this.clock = clock;
  }

  /** Through when windows of a tenant's rules may reach; empty before anything was accepted. */
  Optional<Instant> dataThrough(int tenantId) {
    return Optional.ofNullable(freshness.of(tenantId).dataThrough())
        .map(through -> through.minus(delay));
  }

  /**
   * The latest window of a rule.
   *
   * @param dataThrough through when the ledger has everything
   */
  static Window window(Rule rule, Instant dataThrough) {
    Grain grain = RuleParser.grain(rule.measure(), rule.filters(), rule.per());
    return Window.endingAt(grain.floor(dataThrough), rule.window());
  }

  /**
   * Evaluates a rule in a window. Where the question is refused, such as one that would read too
   * many events, the rule's note says so, and all stays as it was.
   */
  void evaluate(Rule rule, Window window) {
    // Before the window: what is settled in between is known to the reading, not to the revision.
    long revision =
        database.asTenant(
            rule.tenantId(), connection -> store.revision(connection, rule.tenantId()));
    Map<String, RuleState> states =
        database.asTenant(rule.tenantId(), connection -> store.states(connection, rule));
    RuleReader.Found found;
    try {
      found = reader.read(rule, window, states.keySet());
    } catch (ProblemException e) {
      if (e.code() != ProblemCode.INVALID_PARAMETER) {
        throw e;
      }
      note(rule, "The rule cannot be evaluated: " + e.getMessage());
      return;
    }
    note(rule, found.note());
    Map<String, RuleState> next = new TreeMap<>();
    int explained = 0;
    for (Map.Entry<String, RuleOutcome> entry : found.outcomes().entrySet()) {
      String series = entry.getKey();
      RuleOutcome outcome = entry.getValue();
      Optional<RuleState> state =
          RuleState.next(states.get(series), outcome.kind(), window.end(), rule.holdFor());
      if (state.isPresent()) {
        RuleState known = state.get();
        if (known.firing() && outcome.kind().isHolding() && isStale(known)) {
          Optional<Explanation> explanation =
              explained++ < MAX_EXPLAINED ? explain(rule, series, window) : Optional.empty();
          known =
              known.telling(
                  RuleNotification.of(rule, series, window, outcome, explanation), clock.instant());
        }
        next.put(series, known);
      }
    }
    write(rule, window, revision, states, next);
  }

  private boolean isStale(RuleState state) {
    return state.told() == null
        || state.toldAt() == null
        || Duration.between(state.toldAt(), clock.instant()).compareTo(TOLD) >= 0;
  }

  private void note(Rule rule, @Nullable String note) {
    if (!Objects.equals(note, rule.note())) {
      database.asTenant(
          rule.tenantId(),
          connection -> {
            store.note(connection, rule, note);
            return null;
          });
    }
  }

  /** What a rule says now, without telling anybody. */
  RuleReader.Found look(Rule rule, Window window) {
    return reader.read(rule, window, Set.of());
  }

  /** Who accounts for what a rule's measure did; empty where that cannot be told. */
  Optional<Explanation> explain(Rule rule, String series, Window window) {
    Comparison comparison = rule.comparison();
    Baseline baseline =
        comparison instanceof Comparison.Threshold
            ? null
            : new Baseline(comparison.step(), comparison.windows());
    return explainer.explain(
        new Explainer.Question(
            rule.tenantId(),
            rule.measure(),
            RuleNotification.filters(rule, series),
            window,
            rule.zone(),
            baseline));
  }

  private void write(
      Rule rule,
      Window window,
      long revision,
      Map<String, RuleState> before,
      Map<String, RuleState> after) {
    database.asTenant(
        rule.tenantId(),
        connection -> {
          Set<String> firing =
              after.entrySet().stream()
                  .filter(entry -> entry.getValue().firing())
                  .map(entry -> RuleKeys.of(rule.id(), entry.getKey()))
                  .collect(Collectors.toSet());
          Set<String> over =
              new TreeSet<>(
                  incidents.openKeys(connection, rule.tenantId(), RuleKeys.SOURCE, rule.id()));
          over.removeAll(firing);
          if (firing.isEmpty() && over.isEmpty() && before.equals(after)) {
            return null;
          }
          if (store.advance(connection, rule, window.end(), revision)) {
            writeStates(connection, rule, before, after);
            tell(connection, rule, after, over);
          }
          return null;
        });
  }

  private void writeStates(
      Connection connection, Rule rule, Map<String, RuleState> before, Map<String, RuleState> after)
      throws SQLException {
    Set<String> gone = new TreeSet<>(before.keySet());
    gone.removeAll(after.keySet());
    if (!gone.isEmpty()) {
      store.deleteStates(connection, rule, gone);
    }
    for (Map.Entry<String, RuleState> entry : after.entrySet()) {
      if (!entry.getValue().equals(before.get(entry.getKey()))) {
        store.writeState(connection, rule, entry.getKey(), entry.getValue());
      }
    }
  }

  /** Reports and clears in the order of keys, as incidents want it. */
  private void tell(
      Connection connection, Rule rule, Map<String, RuleState> states, Set<String> over)
      throws SQLException {
    Map<String, String> seriesByKey = new HashMap<>();
    Set<String> keys = new TreeSet<>(over);
    for (Map.Entry<String, RuleState> entry : states.entrySet()) {
      if (entry.getValue().firing() && entry.getValue().told() != null) {
        String key = RuleKeys.of(rule.id(), entry.getKey());
        keys.add(key);
        seriesByKey.put(key, entry.getKey());
      }
    }
    for (String key : keys) {
      String series = seriesByKey.get(key);
      if (series == null) {
        incidents.clear(connection, rule.tenantId(), key, NO_LONGER);
      } else {
        Map<String, Object> told = Objects.requireNonNull(states.get(series).told());
        incidents.report(connection, RuleNotification.condition(rule, series, told));
      }
    }
  }

  /** Ends all that was told of a rule, within the caller's transaction. */
  void end(Connection connection, int tenantId, UUID ruleId, String reason) throws SQLException {
    store.deleteStates(connection, tenantId, ruleId);
    List<String> keys = incidents.openKeys(connection, tenantId, RuleKeys.SOURCE, ruleId);
    for (String key : keys) {
      incidents.clear(connection, tenantId, key, reason);
    }
  }
}
