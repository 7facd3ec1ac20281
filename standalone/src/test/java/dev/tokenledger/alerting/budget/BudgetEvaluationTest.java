package dev.tokenledger.alerting.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tokenledger.aggregation.settle.TestLedger;
import dev.tokenledger.alerting.GuardTables;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.query.QueryService;
import dev.tokenledger.testsupport.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Budgets against a ledger that was really settled, at any time: each scope, period, zone,
 * threshold and transition. Each test has a tenant of its own with two channels.
 */
class BudgetEvaluationTest {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .findAndAddModules()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private static final AtomicInteger TENANTS = new AtomicInteger(100);
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private static final long DOLLAR = 1_000_000_000L;
  private static final List<Integer> DEFAULT_THRESHOLDS = List.of(50, 75, 90, 100);

  private static TestDatabase stores;
  private static TestLedger ledger;
  private static Database database;

  private final MovedClock clock = new MovedClock();
  private final BudgetStore store = new BudgetStore(JSON);
  private final StoredBudgets budgets = new StoredBudgets(database, store);
  private final BudgetEvaluation evaluation = evaluation(clock);

  private int tenant;
  private final List<UUID> channels = new ArrayList<>();

  /** An evaluation as of another process. */
  private BudgetEvaluation evaluation(Clock time) {
    return new BudgetEvaluation(
        database,
        store,
        new SpendReader(
            new QueryService(database, new ByteBudget(256L << 20)),
            new UnreadableBudgets(new SimpleMeterRegistry(), time)),
        new Incidents(JSON, clock),
        time);
  }

  /** A clock under which something happens when it is asked for a certain time. */
  private static final class EventfulClock extends MovedClock {
    private final int atLook;
    private final Callable<?> event;
    private int looks;

    EventfulClock(int atLook, Callable<?> event) {
      this.atLook = atLook;
      this.event = event;
    }

    @Override
    public Instant instant() {
      if (++looks == atLook) {
        try {
          event.call();
        } catch (Exception e) {
          throw new IllegalStateException("what was to happen did not", e);
        }
      }
      return super.instant();
    }
  }

  private static class MovedClock extends Clock {
    private Instant now = NOON;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("instants have no zone");
    }
  }

  @BeforeAll
  static void makeLedger() throws SQLException {
    stores = TestDatabase.create();
    ledger = new TestLedger(stores);
    GuardTables.migrate(stores);
    database = stores.databases().open(ServiceRole.ALERTING, 6);
  }

  @AfterAll
  static void close() throws SQLException {
    database.close();
    ledger.close();
  }

  @BeforeEach
  void makeTenant() throws SQLException {
    tenant = TENANTS.incrementAndGet();
    for (int i = 0; i < 2; i++) {
      UUID id = UUID.randomUUID();
      execute(
          "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url, encrypted_secret,"
              + " created_by) VALUES (?, ?, 'test', 'webhook', 'http://localhost', '', 'test')",
          id,
          tenant);
      channels.add(id);
    }
  }

  static Stream<Map<String, Object>> scopes() {
    return Stream.of(
        Map.of(),
        Map.of("project", "search"),
        Map.of("environment", "production"),
        Map.of("provider", "openai"),
        Map.of("model", "gpt-4o"),
        Map.of("agent", "crawler"),
        Map.of("feature", "answers"),
        Map.of("user", "u-1"),
        Map.of("session", "s-1"),
        Map.of("prompt", "summary"),
        Map.of("api_key", "k-1"),
        Map.of("tags.team", "blue"),
        Map.of("agent", "crawler", "model", "gpt-4o"),
        Map.of("agent", List.of("crawler", "nobody")),
        Map.of("project", "search", "agent", "crawler", "feature", "answers"),
        // Kept together in no rollup: read from the events.
        Map.of("user", "u-1", "feature", "answers"));
  }

  @ParameterizedTest
  @MethodSource("scopes")
  void aScopeCountsWhatIsWithinItAndNothingElse(Map<String, Object> scope) throws Exception {
    Budget budget = budget(BudgetScope.parse(scope), daily("UTC"), 10 * DOLLAR);
    budgets.insert(budget);
    ledger.settle(tenant, "search", "k-1", List.of(call(NOON, 6 * DOLLAR, "crawler", "1")));
    ledger.settle(tenant, "other", "k-2", List.of(call(NOON, 2 * DOLLAR, "writer", "2")));

    evaluation.evaluate(tenant);

    assertThat(spent(budget, "2026-11-20T00:00:00Z"))
        .isEqualTo(scope.isEmpty() ? 8 * DOLLAR : 6 * DOLLAR);
    assertThat(levels()).isEqualTo(scope.isEmpty() ? List.of(50, 75) : List.of(50));
  }

  @ParameterizedTest(name = "{0} {1} {2} {3}")
  @CsvSource({
    // kind, zone, first day of week/month or days, now, start, end
    "HOURLY, UTC, 1, 2026-11-20T12:30:00Z, 2026-11-20T12:00:00Z, 2026-11-20T13:00:00Z",
    "HOURLY, Asia/Kolkata, 1, 2026-11-20T12:40:00Z, 2026-11-20T12:30:00Z, 2026-11-20T13:30:00Z",
    // Clocks go back by half an hour at 15:00 UTC.
    "HOURLY, Australia/Lord_Howe, 1, 2026-04-04T14:50:00Z, 2026-04-04T14:00:00Z, 2026-04-04T15:00:00Z",
    "HOURLY, Australia/Lord_Howe, 1, 2026-04-04T15:10:00Z, 2026-04-04T15:00:00Z, 2026-04-04T15:30:00Z",
    "DAILY, UTC, 1, 2026-11-20T12:00:00Z, 2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z",
    "DAILY, Asia/Kolkata, 1, 2026-11-20T12:00:00Z, 2026-11-19T18:30:00Z, 2026-11-20T18:30:00Z",
    // A day of 23 hours, one of 25, and the same where the clock is moved at other times.
    "DAILY, Europe/Berlin, 1, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "DAILY, Europe/Berlin, 1, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    "DAILY, America/New_York, 1, 2026-03-08T12:00:00Z, 2026-03-08T05:00:00Z, 2026-03-09T04:00:00Z",
    "DAILY, America/New_York, 1, 2026-11-01T12:00:00Z, 2026-11-01T04:00:00Z, 2026-11-02T05:00:00Z",
    "WEEKLY, UTC, 1, 2026-11-20T12:00:00Z, 2026-11-16T00:00:00Z, 2026-11-23T00:00:00Z",
    "WEEKLY, UTC, 2, 2026-11-20T12:00:00Z, 2026-11-17T00:00:00Z, 2026-11-24T00:00:00Z",
    "WEEKLY, UTC, 3, 2026-11-20T12:00:00Z, 2026-11-18T00:00:00Z, 2026-11-25T00:00:00Z",
    "WEEKLY, UTC, 4, 2026-11-20T12:00:00Z, 2026-11-19T00:00:00Z, 2026-11-26T00:00:00Z",
    "WEEKLY, UTC, 5, 2026-11-20T12:00:00Z, 2026-11-20T00:00:00Z, 2026-11-27T00:00:00Z",
    "WEEKLY, UTC, 6, 2026-11-20T12:00:00Z, 2026-11-14T00:00:00Z, 2026-11-21T00:00:00Z",
    "WEEKLY, America/New_York, 7, 2026-11-03T12:00:00Z, 2026-11-01T04:00:00Z, 2026-11-08T05:00:00Z",
    "MONTHLY, UTC, 1, 2026-11-20T12:00:00Z, 2026-11-01T00:00:00Z, 2026-12-01T00:00:00Z",
    "MONTHLY, Europe/Berlin, 1, 2026-10-31T22:30:00Z, 2026-09-30T22:00:00Z, 2026-10-31T23:00:00Z",
    "MONTHLY, UTC, 15, 2026-11-14T12:00:00Z, 2026-10-15T00:00:00Z, 2026-11-15T00:00:00Z",
    // Of months without that day, the last one.
    "MONTHLY, UTC, 29, 2026-02-28T12:00:00Z, 2026-02-28T00:00:00Z, 2026-03-29T00:00:00Z",
    "MONTHLY, UTC, 30, 2026-03-01T12:00:00Z, 2026-02-28T00:00:00Z, 2026-03-30T00:00:00Z",
    "MONTHLY, UTC, 31, 2026-04-29T12:00:00Z, 2026-03-31T00:00:00Z, 2026-04-30T00:00:00Z",
    "ROLLING, UTC, 7, 2026-11-20T12:00:00Z, 2026-11-14T00:00:00Z, 2026-11-21T00:00:00Z",
    "ROLLING, Europe/Berlin, 3, 2026-10-26T12:00:00Z, 2026-10-23T22:00:00Z, 2026-10-26T23:00:00Z",
  })
  void aPeriodCountsFromItsFirstMinuteToItsLast(
      PeriodRule.Kind kind, String zone, int first, Instant now, Instant start, Instant end)
      throws Exception {
    clock.now = now;
    PeriodRule rule =
        new PeriodRule(
            kind,
            ZoneId.of(zone),
            kind == PeriodRule.Kind.WEEKLY ? DayOfWeek.of(first) : DayOfWeek.MONDAY,
            kind == PeriodRule.Kind.MONTHLY ? first : 1,
            kind == PeriodRule.Kind.ROLLING ? first : 0);
    Budget budget = budget(BudgetScope.EVERYTHING, rule, 100 * DOLLAR);
    budgets.insert(budget);
    settle(start.minusMillis(1), DOLLAR);
    settle(start, 20 * DOLLAR);
    settle(end.minusMillis(1), 300 * DOLLAR);
    settle(end, 4_000 * DOLLAR);

    evaluation.evaluate(tenant);

    assertThat(
            number(
                "SELECT spent_nanos FROM alerting.budget_periods WHERE tenant_id = ? AND"
                    + " budget_id = ? AND period_start = ?::timestamptz"
                    + " AND period_end = ?::timestamptz",
                tenant,
                budget.id(),
                start.toString(),
                end.toString()))
        .isEqualTo(320 * DOLLAR);
    assertThat(levels()).isEqualTo(DEFAULT_THRESHOLDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachThresholdIsToldOnceToEachChannelHoweverOftenItIsLookedAt(boolean hardStop)
      throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 100 * DOLLAR);
    budgets.insert(hardStop ? hard(budget) : budget);
    settle(NOON, 50 * DOLLAR - 1);
    evaluateOften();
    assertThat(levels()).isEmpty();
    settle(NOON, 1);
    evaluateOften();
    assertThat(levels()).containsExactly(50);
    settle(NOON, 25 * DOLLAR);
    evaluateOften();
    assertThat(levels()).containsExactly(50, 75);
    settle(NOON, 15 * DOLLAR);
    evaluateOften();
    assertThat(levels()).containsExactly(50, 75, 90);
    settle(NOON, 10 * DOLLAR);
    evaluateOften();
    settle(NOON, 900 * DOLLAR);
    evaluateOften();
    assertThat(levels()).containsExactly(50, 75, 90, 100);
    assertThat(number("SELECT count(*) FROM alerting.incidents WHERE tenant_id = ?", tenant))
        .as("one incident for all of them")
        .isEqualTo(1);
    assertToldOnce();
  }

  @Test
  void anIncidentEndsWithItsPeriodAndTheNextOneBeginsAnew() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, 6 * DOLLAR);
    evaluateOften();
    clock.now = Instant.parse("2026-11-21T00:00:00Z");
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved");
    settle(clock.now, 5 * DOLLAR);
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved", "opened");
    assertToldOnce();
  }

  @Test
  void aLateEventIsToldOfItsOwnPeriodAndCorrectsHistoryAlsoMuchLater() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, DOLLAR);
    evaluateOften();
    clock.now = Instant.parse("2026-11-21T00:10:00Z");
    evaluateOften();
    settle(NOON, 5 * DOLLAR);
    evaluateOften();
    assertThat(spent(budget, "2026-11-20T00:00:00Z")).isEqualTo(6 * DOLLAR);
    assertThat(spent(budget, "2026-11-21T00:00:00Z")).isZero();
    assertThat(events()).containsExactly("opened", "resolved");
    assertThat(texts("SELECT text FROM alerting.incidents WHERE tenant_id = " + tenant).get(0))
        .contains("which is over");

    clock.now = Instant.parse("2026-11-25T08:00:00Z");
    settle(NOON, 7 * DOLLAR);
    evaluateOften();
    assertThat(spent(budget, "2026-11-20T00:00:00Z")).isEqualTo(13 * DOLLAR);
    assertThat(levels()).as("nobody can do anything about it any more").containsExactly(50);
    assertToldOnce();
  }

  @Test
  void aBudgetMadeAfterAPeriodIsNotToldOfIt() throws Exception {
    settle(NOON, 50 * DOLLAR);
    clock.now = Instant.parse("2026-11-21T00:10:00Z");
    budgets.insert(budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR));
    evaluateOften();
    assertThat(events()).isEmpty();
  }

  @Test
  void aRaisedAmountEndsTheIncidentAndWhatIsCrossedAgainIsToldAgain() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, 6 * DOLLAR);
    evaluateOften();
    budgets.update(budget.withAmount(100 * DOLLAR));
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved");
    settle(NOON, 44 * DOLLAR);
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved", "opened");
    assertToldOnce();
  }

  @Test
  void aLoweredAmountIsCrossedByWhatIsSpentAlready() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 100 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, 8 * DOLLAR);
    evaluateOften();
    assertThat(events()).isEmpty();
    budgets.update(budget.withAmount(10 * DOLLAR));
    evaluateOften();
    assertThat(levels()).containsExactly(50, 75);
    assertToldOnce();
  }

  @Test
  void aDeletedBudgetHasNoIncident() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, 6 * DOLLAR);
    evaluateOften();
    budgets.delete(budget);
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved");
    assertToldOnce();
  }

  @Test
  void theIncidentSaysWhatIsSpentNowWithoutTellingAnybody() throws Exception {
    budgets.insert(budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR));
    settle(NOON, 6 * DOLLAR);
    evaluateOften();
    settle(NOON, DOLLAR);
    clock.now = NOON.plusSeconds(60);
    evaluateOften();
    assertThat(texts("SELECT text FROM alerting.incidents WHERE tenant_id = " + tenant))
        .singleElement()
        .asString()
        .contains("$7.00 of $10.00");
    assertThat(levels()).containsExactly(50);
    assertToldOnce();
  }

  @Test
  void callsWithoutAPriceCountWhatTheBudgetAssumes() throws Exception {
    Budget allowing = budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR);
    budgets.insert(allowing);
    Budget assuming = assuming(budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR), DOLLAR);
    budgets.insert(assuming);
    ledger.settle(
        tenant,
        "search",
        null,
        Stream.generate(() -> call(NOON, null, "crawler", "1")).limit(6).toList());
    evaluateOften();
    assertThat(texts("SELECT budget_id FROM alerting.crossings WHERE tenant_id = " + tenant))
        .containsExactly(assuming.id().toString());
    assertThat(
            number(
                "SELECT unpriced_calls FROM alerting.budget_periods WHERE budget_id = ?",
                allowing.id()))
        .isEqualTo(6);
  }

  @Test
  void aForecastOpensWhenTheLimitIsExpectedToBeExceededAndEndsWhenItIsNot() throws Exception {
    Budget budget = forecast(budget(BudgetScope.EVERYTHING, monthly(), 700 * DOLLAR));
    budgets.insert(budget);
    for (int hour = 0; hour < 48; hour++) {
      settle(NOON.minus(Duration.ofHours(48 - hour)), DOLLAR);
    }
    clock.now = NOON;
    evaluateOften();
    assertThat(events()).as("$48 so far, $252 more in ten days and a half").isEmpty();
    budgets.update(budget.withAmount(200 * DOLLAR));
    evaluateOften();
    assertThat(texts("SELECT source FROM alerting.incidents WHERE tenant_id = " + tenant))
        .containsExactly("forecast");
    assertThat(events()).containsExactly("opened");
    budgets.update(budget.withAmount(900 * DOLLAR));
    evaluateOften();
    assertThat(events()).containsExactly("opened", "resolved");
    assertToldOnce();
  }

  @Test
  void whatOneProcessTellsIsNotEndedByAnotherThatHasReadLess() throws Exception {
    budgets.insert(budget(BudgetScope.EVERYTHING, daily("UTC"), 10 * DOLLAR));
    settle(NOON, DOLLAR);
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      List<Future<?>> evaluating = new ArrayList<>();
      // It is asked first when the evaluation begins, and then when it has read the spend.
      Clock slow =
          new EventfulClock(
              2,
              () -> {
                settle(NOON, 5 * DOLLAR);
                evaluating.add(other.submit(() -> evaluation.evaluate(tenant)));
                while (!evaluating.get(0).isDone() && !somebodyWaits()) {
                  LockSupport.parkNanos(1_000_000);
                }
                return null;
              });
      evaluation(slow).evaluate(tenant);
      evaluating.get(0).get();
    } finally {
      other.shutdownNow();
    }
    assertThat(events()).containsExactly("opened");
    assertToldOnce();
  }

  /** Whether a transaction waits for another one. */
  private static boolean somebodyWaits() throws SQLException {
    return number(
            "SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'")
        > 0;
  }

  @Test
  void aBudgetIsEvaluatedAsItIsThoughItWasReadBeforeItsAmountWasChanged() throws Exception {
    Budget budget = budget(BudgetScope.EVERYTHING, daily("UTC"), 100 * DOLLAR);
    budgets.insert(budget);
    settle(NOON, 6 * DOLLAR);
    Clock slow =
        new EventfulClock(
            1,
            () -> {
              budgets.update(budget.withAmount(10 * DOLLAR));
              evaluation.evaluate(tenant);
              return null;
            });
    evaluation(slow).evaluate(tenant);
    assertThat(events()).containsExactly("opened");
  }

  @Test
  void aForecastOfABudgetThatAnotherProcessWasTheFirstToSeeIsNotEnded() throws Exception {
    for (int hour = 0; hour < 48; hour++) {
      settle(NOON.minus(Duration.ofHours(48 - hour)), DOLLAR);
    }
    // It is asked when the budgets have been read.
    Clock slow =
        new EventfulClock(
            1,
            () -> {
              budgets.insert(forecast(budget(BudgetScope.EVERYTHING, monthly(), 200 * DOLLAR)));
              evaluation.evaluate(tenant);
              return null;
            });
    evaluation(slow).evaluate(tenant);
    assertThat(events()).containsExactly("opened");
  }

  @Test
  void aForecastUnderAnAmountThatAnotherProcessKnowsToBeChangedIsNotTold() throws Exception {
    Budget budget = forecast(budget(BudgetScope.EVERYTHING, monthly(), 900 * DOLLAR));
    budgets.insert(budget);
    for (int hour = 0; hour < 48; hour++) {
      settle(NOON.minus(Duration.ofHours(48 - hour)), DOLLAR);
    }
    Clock slow =
        new EventfulClock(
            1,
            () -> {
              budgets.update(budget.withAmount(200 * DOLLAR));
              evaluation.evaluate(tenant);
              return null;
            });
    evaluation(slow).evaluate(tenant);
    assertThat(events()).containsExactly("opened");
  }

  private void evaluateOften() {
    for (int i = 0; i < 3; i++) {
      evaluation.evaluate(tenant);
    }
  }

  private void settle(Instant time, long nanos) throws SQLException {
    ledger.settle(tenant, "search", "k-1", List.of(call(time, nanos, "crawler", "1")));
  }

  /** A call whose every dimension ends in a digit or is of the one world or the other. */
  private static ModelCall call(Instant time, @Nullable Long nanos, String agent, String number) {
    boolean first = number.equals("1");
    Map<String, String> tags = new HashMap<>();
    tags.put("team", first ? "blue" : "red");
    return new ModelCall(
        new EventHeader(
            UUID.randomUUID().toString(),
            time,
            first ? "production" : "test",
            agent,
            first ? "answers" : "titles",
            "u-" + number,
            "s-" + number,
            null,
            null,
            null,
            tags,
            Map.of(),
            false),
        first ? "openai" : "anthropic",
        first ? "gpt-4o" : "claude-sonnet-4",
        "chat",
        first ? "summary" : "title",
        "1",
        TokenUsage.of(10, 1),
        1_000,
        ModelCall.UNKNOWN,
        CallStatus.SUCCESS,
        null,
        null,
        null,
        false,
        null,
        BillableUnits.NONE,
        null,
        ModelCall.Accounting.STANDALONE,
        nanos == null
            ? new Pricing.Unpriced(Pricing.UnpricedReason.UNKNOWN_MODEL)
            : new Pricing.Priced(new CostBreakdown(nanos, 0, 0, 0, 0, 0, 0, 0, 0, 0), "test@1"));
  }

  private static PeriodRule daily(String zone) {
    return new PeriodRule(PeriodRule.Kind.DAILY, ZoneId.of(zone), DayOfWeek.MONDAY, 1, 0);
  }

  private static PeriodRule monthly() {
    return new PeriodRule(PeriodRule.Kind.MONTHLY, ZoneOffset.UTC, DayOfWeek.MONDAY, 1, 0);
  }

  private Budget budget(BudgetScope scope, PeriodRule rule, long nanos) {
    return with(scope, rule, nanos, false, Budget.Unpriced.ALLOW, 0, false);
  }

  private Budget hard(Budget budget) {
    return with(
        budget.scope(),
        budget.period(),
        budget.amountNanos(),
        true,
        Budget.Unpriced.ALLOW,
        0,
        false);
  }

  private Budget assuming(Budget budget, long nanos) {
    return with(
        budget.scope(),
        budget.period(),
        budget.amountNanos(),
        false,
        Budget.Unpriced.ASSUME,
        nanos,
        false);
  }

  private Budget forecast(Budget budget) {
    return with(
        budget.scope(),
        budget.period(),
        budget.amountNanos(),
        false,
        Budget.Unpriced.ALLOW,
        0,
        true);
  }

  private Budget with(
      BudgetScope scope,
      PeriodRule rule,
      long nanos,
      boolean hardStop,
      Budget.Unpriced unpriced,
      long assumed,
      boolean forecast) {
    return new Budget(
        UUID.randomUUID(),
        tenant,
        "test",
        scope,
        nanos,
        rule,
        hardStop,
        DEFAULT_THRESHOLDS,
        List.of(),
        unpriced,
        assumed,
        false,
        forecast,
        NOON);
  }

  private long spent(Budget budget, String periodStart) throws SQLException {
    return number(
        "SELECT spent_nanos FROM alerting.budget_periods WHERE budget_id = ?"
            + " AND period_start = ?::timestamptz",
        budget.id(),
        periodStart);
  }

  /** The levels of what was told, in order. */
  private List<Integer> levels() throws SQLException {
    return texts(
            "SELECT level FROM alerting.incident_history WHERE event IN ('opened', 'escalated')"
                + " AND tenant_id = "
                + tenant
                + " ORDER BY entry_id")
        .stream()
        .map(Integer::valueOf)
        .toList();
  }

  private List<String> events() throws SQLException {
    return texts(
        "SELECT event FROM alerting.incident_history WHERE tenant_id = "
            + tenant
            + " ORDER BY entry_id");
  }

  /** Each transition waits to be told to each channel, once. */
  private void assertToldOnce() throws SQLException {
    for (UUID channel : channels) {
      assertThat(
              texts(
                  "SELECT entry_id FROM alerting.untold WHERE channel_id = '"
                      + channel
                      + "' ORDER BY entry_id"))
          .isEqualTo(
              texts(
                  "SELECT entry_id FROM alerting.incident_history WHERE tenant_id = "
                      + tenant
                      + " ORDER BY entry_id"));
    }
  }

  private static void execute(String sql, Object... parameters) throws SQLException {
    try (Connection connection = stores.asOwner();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      statement.execute();
    }
  }

  private static long number(String sql, Object... parameters) throws SQLException {
    List<String> found = texts(sql, parameters);
    assertThat(found).as(sql).hasSize(1);
    return Long.parseLong(found.get(0));
  }

  private static List<String> texts(String sql, Object... parameters) throws SQLException {
    try (Connection connection = stores.asOwner();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      try (ResultSet row = statement.executeQuery()) {
        List<String> texts = new ArrayList<>();
        while (row.next()) {
          texts.add(row.getString(1));
        }
        return texts;
      }
    }
  }

  private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
  }
}
