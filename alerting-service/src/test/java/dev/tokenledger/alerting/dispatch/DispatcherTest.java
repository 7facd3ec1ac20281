package dev.tokenledger.alerting.dispatch;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.Conditions;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.IncidentActions;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.silence.Silences;
import dev.tokenledger.platform.database.Database.Work;
import dev.tokenledger.testsupport.TestClock;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DispatcherTest {
  private static AlertingTables tables;

  private final TestClock clock = new TestClock();
  private final Incidents incidents = new Incidents(JSON, clock);
  private final IncidentReader reader = new IncidentReader(JSON);
  private final IncidentActions handling = new IncidentActions(JSON, incidents, clock);
  private final Silences silences = new Silences(JSON);
  private Dispatcher dispatcher;
  private UUID channel;

  @BeforeAll
  static void makeTables() throws Exception {
    tables = new AlertingTables();
  }

  @AfterAll
  static void close() {
    tables.close();
  }

  @BeforeEach
  void makeChannel() throws Exception {
    tables.empty();
    channel = tables.channel(TENANT);
    dispatcher =
        new Dispatcher(
            tables.database(),
            new Outbox(JSON),
            reader,
            new Mutings(silences, reader),
            JSON,
            clock);
  }

  private <T> T run(Work<T> work) {
    return tables.database().asTenant(TENANT, work);
  }

  private void report(Condition condition) {
    run(connection -> incidents.report(connection, condition));
  }

  private void rule(String key, int level, String agent) {
    report(Conditions.rule(key, level, agent));
  }

  private void rule(String key, Severity severity, String agent) {
    report(Conditions.rule(key, severity, agent));
  }

  private void leastSeverity(Severity severity) throws Exception {
    tables.execute("UPDATE alerting.channels SET min_severity = ?", severity.label());
  }

  private void clear(String key) {
    run(connection -> incidents.clear(connection, TENANT, key, "it is over"));
  }

  private void dispatch() {
    for (UUID due : dispatcher.due()) {
      int deliveries = dispatcher.dispatch(due);
      while (deliveries > 0) {
        deliveries = dispatcher.dispatch(due);
      }
    }
  }

  private UUID incident(String key) throws Exception {
    return UUID.fromString(
        tables
            .texts("SELECT incident_id FROM alerting.incidents WHERE condition_key = ?", key)
            .get(0));
  }

  /** What was told since this was last asked: type and title. */
  private List<String> told() throws Exception {
    List<String> told = new ArrayList<>();
    for (JsonNode message : messages()) {
      told.add(message.path("type").asText() + ": " + message.path("title").asText());
    }
    return told;
  }

  private List<JsonNode> messages() throws Exception {
    List<JsonNode> messages = new ArrayList<>();
    for (String payload :
        tables.texts("SELECT payload FROM alerting.deliveries ORDER BY created_at")) {
      messages.add(JSON.readTree(payload));
    }
    tables.execute("DELETE FROM alerting.deliveries");
    return messages;
  }

  private UUID silence(String label, String operator, String value, Duration length)
      throws Exception {
    UUID id = UUID.randomUUID();
    String matchers =
        JSON.writeValueAsString(
            List.of(Map.of("label", label, "operator", operator, "value", value)));
    tables.execute(
        "INSERT INTO alerting.silences VALUES (?, ?, ?::jsonb, ?, ?, '', 'test', ?, NULL)",
        id,
        TENANT,
        matchers,
        Timestamp.from(clock.instant()),
        Timestamp.from(clock.instant().plus(length)),
        Timestamp.from(clock.instant()));
    return id;
  }

  private void group(String by, Duration wait, Duration interval, Duration repeat) {
    Grouping grouping =
        new Grouping(by.isEmpty() ? List.of() : List.of(by.split(",")), wait, interval, repeat);
    run(
        connection -> {
          Groupings.set(connection, TENANT, grouping, "test", clock.instant());
          return null;
        });
  }

  @Test
  void eachTransitionIsToldOnceInItsOrder() throws Exception {
    rule("r", 1, "a");
    rule("r", 2, "a");
    rule("r", 3, "a");
    clear("r");
    dispatch();
    dispatch();
    assertThat(told())
        .containsExactly(
            "rule.firing: r at 1",
            "rule.firing: r at 2",
            "rule.firing: r at 3",
            "incident.resolved: Resolved: r at 3");
    assertThat(tables.texts("SELECT 1 FROM alerting.untold UNION SELECT 1 FROM alerting.told"))
        .isEmpty();
  }

  @Test
  void whatIsToldIsWhatTheConditionSaid() throws Exception {
    rule("r", 1, "a");
    dispatch();
    JsonNode message = messages().get(0);
    assertThat(message.path("data").path("level").asInt()).isEqualTo(1);
    assertThat(message.path("data").path("incident_id").asText())
        .isEqualTo(incident("r").toString());
    assertThat(message.path("dedupe_key").asText()).isEqualTo("r");
    assertThat(message.path("status").asText()).isEqualTo("firing");
    assertThat(message.path("labels").path("agent").asText()).isEqualTo("a");
    clear("r");
    dispatch();
    message = messages().get(0);
    assertThat(message.path("status").asText()).isEqualTo("resolved");
    assertThat(message.path("dedupe_key").asText()).isEqualTo("r");
    assertThat(message.path("data").path("reason").asText()).isEqualTo("it is over");
    assertThat(message.path("data").path("condition").path("level").asInt()).isEqualTo(1);
  }

  @Test
  void onlyChannelsThatHeardOfTheBeginningHearOfTheEnd() throws Exception {
    rule("r", 1, "a");
    dispatch();
    told();
    tables.channel(TENANT);
    clear("r");
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: r at 1");
  }

  @Test
  void aChannelThatIsGoneIsToldNothing() throws Exception {
    rule("r", 1, "a");
    tables.execute("UPDATE alerting.channels SET deleted_at = now()");
    dispatch();
    assertThat(told()).isEmpty();
    assertThat(tables.texts("SELECT 1 FROM alerting.untold")).isEmpty();
  }

  @Test
  void aChannelThatIsDisabledForAWhileIsToldOfTheEndsOfWhatItKnows() throws Exception {
    group("", Duration.ZERO, Duration.ZERO, Duration.ofHours(4));
    rule("ends", 1, "a");
    rule("lasts", 1, "a");
    dispatch();
    told();
    rule("unheard", 1, "a");
    rule("lasts", 2, "a");
    tables.execute("UPDATE alerting.channels SET disabled_reason = 'disabled by a user'");
    clear("ends");
    dispatch();
    clock.pass(Duration.ofHours(4));
    dispatch();
    assertThat(told()).isEmpty();
    tables.execute("UPDATE alerting.channels SET disabled_reason = NULL");
    clear("unheard");
    clock.pass(Duration.ofSeconds(10));
    dispatch();
    assertThat(told())
        .containsExactlyInAnyOrder(
            "incident.resolved: Resolved: ends at 1", "incident.reminder: Still open: lasts at 2");
    clear("lasts");
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: lasts at 2");
  }

  @Test
  void whatMattersLessThanAChannelWantsIsNotToldAndNeitherIsItsEnd() throws Exception {
    leastSeverity(Severity.HIGH);
    UUID second = tables.channel(TENANT);
    rule("r", Severity.MEDIUM, "a");
    dispatch();
    assertThat(told()).as("of the second channel").containsExactly("rule.firing: r at 1");
    assertThat(tables.texts("SELECT channel_id FROM alerting.told"))
        .containsExactly(second.toString());
    clear("r");
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: r at 1");
  }

  @Test
  void theEndOfWhatWasToldIsToldHoweverLittleItMattersByThen() throws Exception {
    leastSeverity(Severity.HIGH);
    rule("falls", Severity.HIGH, "a");
    rule("lasts", Severity.HIGH, "a");
    dispatch();
    told();
    rule("falls", Severity.LOW, "a");
    leastSeverity(Severity.CRITICAL);
    clear("falls");
    clear("lasts");
    dispatch();
    assertThat(told())
        .containsExactlyInAnyOrder(
            "incident.resolved: Resolved: falls at 1", "incident.resolved: Resolved: lasts at 1");
  }

  @Test
  void aSeverityThatRisesIsToldWhereTheBeginningWasNot() throws Exception {
    leastSeverity(Severity.HIGH);
    rule("r", Severity.MEDIUM, "a");
    dispatch();
    assertThat(told()).isEmpty();
    rule("r", Severity.HIGH, "a");
    dispatch();
    assertThat(messages())
        .singleElement()
        .satisfies(m -> assertThat(m.path("severity").asText()).isEqualTo("high"));
    clear("r");
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: r at 1");
  }

  @Test
  void aGroupMattersAsMuchAsTheWorstThatHolds() throws Exception {
    group("agent", Duration.ZERO, Duration.ZERO, Duration.ZERO);
    leastSeverity(Severity.HIGH);
    rule("small", Severity.MEDIUM, "a");
    dispatch();
    assertThat(told()).isEmpty();
    assertThat(tables.texts("SELECT 1 FROM alerting.told UNION SELECT 1 FROM alerting.untold"))
        .isEmpty();

    rule("large", Severity.HIGH, "a");
    rule("beside", Severity.MEDIUM, "a");
    dispatch();
    assertThat(told()).containsExactly("incident.group: 2 firing: agent a");
    rule("joins", Severity.LOW, "a");
    dispatch();
    JsonNode joined = messages().get(0);
    assertThat(joined.path("title").asText()).isEqualTo("joins at 1");
    assertThat(joined.path("severity").asText()).isEqualTo("high");

    clear("large");
    rule("late", Severity.MEDIUM, "a");
    dispatch();
    JsonNode largeEnds = messages().get(0);
    assertThat(largeEnds.path("title").asText()).isEqualTo("Resolved: large at 1");
    assertThat(largeEnds.path("status").asText()).isEqualTo("firing");
    assertThat(largeEnds.path("severity").asText()).isEqualTo("medium");
    clear("joins");
    clear("beside");
    clear("late");
    clear("small");
    dispatch();
    JsonNode over = messages().get(0);
    assertThat(over.path("title").asText()).isEqualTo("2 resolved: agent a");
    assertThat(over.path("status").asText()).isEqualTo("resolved");
    assertThat(over.path("dedupe_key").asText()).isEqualTo(joined.path("dedupe_key").asText());
  }

  @Test
  void anEndIsToldUnderTheKeyOfItsBeginningThoughTheGroupingWasChanged() throws Exception {
    rule("alone", 1, "a");
    dispatch();
    told();
    group("agent", Duration.ZERO, Duration.ZERO, Duration.ZERO);
    rule("grouped", 1, "a");
    dispatch();
    String grouped = messages().get(0).path("dedupe_key").asText();
    group("source", Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO);
    rule("other", 1, "a");
    clock.pass(Duration.ofMinutes(1));
    dispatch();
    assertThat(messages().get(0).path("dedupe_key").asText()).isNotEqualTo(grouped);

    clear("grouped");
    clear("alone");
    clock.pass(Duration.ofMinutes(1));
    dispatch();
    List<JsonNode> ends = messages();
    assertThat(ends)
        .extracting(m -> m.path("dedupe_key").asText())
        .containsExactlyInAnyOrder("alone", grouped);
    assertThat(ends).allMatch(m -> m.path("status").asText().equals("resolved"));
  }

  @Test
  void remindersAndEndsAreToldUnderTheKeyOfTheBeginningThoughALabelWasChanged() throws Exception {
    group("rule", Duration.ZERO, Duration.ZERO, Duration.ofHours(4));
    rule("r", 1, "a");
    dispatch();
    JsonNode began = messages().get(0);
    clock.pass(Duration.ofMinutes(1));
    report(Conditions.labelled(Conditions.rule("r", 1, "a"), "rule", "Renamed"));
    clock.pass(Duration.ofHours(4));
    dispatch();
    JsonNode reminder = messages().get(0);
    assertThat(reminder.path("type").asText()).isEqualTo("incident.reminder");
    assertThat(reminder.path("dedupe_key")).isEqualTo(began.path("dedupe_key"));
    clear("r");
    dispatch();
    JsonNode ended = messages().get(0);
    assertThat(ended.path("dedupe_key")).isEqualTo(began.path("dedupe_key"));
    assertThat(ended.path("labels")).isEqualTo(began.path("labels"));
    assertThat(ended.path("status").asText()).isEqualTo("resolved");
  }

  @Test
  void whatIsSilencedIsToldWhenTheSilenceEndsAsItThenStands() throws Exception {
    silence("agent", "=", "a", Duration.ofHours(1));
    rule("silent", 1, "a");
    rule("loud", 1, "b");
    dispatch();
    assertThat(told()).containsExactly("rule.firing: loud at 1");
    clock.pass(Duration.ofMinutes(30));
    rule("silent", 2, "a");
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofMinutes(30));
    dispatch();
    assertThat(told()).containsExactly("rule.firing: silent at 2");
  }

  @Test
  void whatEndsWithinASilenceIsNotToldAtAll() throws Exception {
    silence("agent", "=~", "a|b", Duration.ofHours(1));
    rule("r", 1, "a");
    dispatch();
    clear("r");
    dispatch();
    clock.pass(Duration.ofHours(2));
    dispatch();
    assertThat(told()).isEmpty();
    assertThat(tables.texts("SELECT 1 FROM alerting.untold")).isEmpty();
  }

  @Test
  void theEndOfWhatWasToldBeforeASilenceIsToldAfterIt() throws Exception {
    rule("r", 1, "a");
    dispatch();
    told();
    silence("agent", "=", "a", Duration.ofHours(1));
    rule("r", 2, "a");
    clear("r");
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofHours(1));
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: r at 2");
  }

  @Test
  void aSilenceThatIsLiftedIsFeltAtOnce() throws Exception {
    UUID silence = silence("severity", "=", "high", Duration.ofDays(1));
    rule("r", 1, "a");
    dispatch();
    assertThat(told()).isEmpty();
    tables.execute(
        "UPDATE alerting.silences SET ends_at = ? WHERE silence_id = ?",
        Timestamp.from(clock.instant()),
        silence);
    run(
        connection -> {
          incidents.lookAgain(connection, TENANT);
          return null;
        });
    dispatch();
    assertThat(told()).containsExactly("rule.firing: r at 1");
  }

  @Test
  void aBroaderBudgetSpeaksForTheNarrowerUntilItIsResolved() throws Exception {
    report(Conditions.budget("tenant", 100, Map.of()));
    report(Conditions.budget("agent", 100, Map.of("agent", "a")));
    dispatch();
    assertThat(told()).containsExactly("budget.firing: budget:tenant at 100");
    UUID tenant = incident("budget:tenant");
    run(
        connection -> {
          handling.resolve(connection, TENANT, tenant, "key:alice", null);
          return null;
        });
    dispatch();
    assertThat(told())
        .containsExactlyInAnyOrder(
            "incident.resolved: Resolved: budget:tenant at 100",
            "budget.firing: budget:agent at 100");
  }

  @Test
  void aBroaderBudgetMutesOnlyOnTheChannelsThatHeardOfIt() throws Exception {
    report(Conditions.budget("tenant", 100, Map.of()));
    dispatch();
    told();
    UUID later = tables.channel(TENANT);
    report(Conditions.budget("agent", 100, Map.of("agent", "a")));
    dispatch();
    assertThat(tables.texts("SELECT channel_id FROM alerting.deliveries"))
        .containsExactly(later.toString());
    assertThat(told()).containsExactly("budget.firing: budget:agent at 100");
  }

  @Test
  void aBroaderBudgetHoldsBackNoEndOfWhatWasTold() throws Exception {
    report(Conditions.budget("agent", 100, Map.of("agent", "a")));
    dispatch();
    report(Conditions.budget("tenant", 100, Map.of()));
    dispatch();
    told();
    clear("budget:agent");
    dispatch();
    assertThat(told()).containsExactly("incident.resolved: Resolved: budget:agent at 100");
  }

  @Test
  void aBroaderBudgetSpeaksForOthersHoweverManyThereAre() throws Exception {
    tables.execute(
        "INSERT INTO alerting.incidents (incident_id, tenant_id, condition_key, source, status,"
            + " level, severity, type, title, text, labels, facts, data, channels, opened_at,"
            + " last_seen_at) SELECT lpad(n::text, 32, '0')::uuid, ?, 'budget:' || n, 'budget',"
            + " 'open', 100, 'critical', 'budget.firing', '', '',"
            + " jsonb_build_object('budget', n::text, 'agent', n::text), '[]', '{}', '{}', now(),"
            + " now() FROM generate_series(1, 1000) n",
        TENANT);
    report(Conditions.budget("tenant", 100, Map.of()));
    report(Conditions.budget("agent", 100, Map.of("agent", "a")));
    dispatch();
    assertThat(told()).containsExactly("budget.firing: budget:tenant at 100");
  }

  @Test
  void aPartThatComesToItsEndIsToldThoughTheWholeHasAWarning() throws Exception {
    report(Conditions.budget("tenant", 50, Map.of()));
    report(Conditions.budget("agent", 50, Map.of("agent", "a")));
    dispatch();
    assertThat(told()).containsExactly("budget.firing: budget:tenant at 50");
    report(Conditions.budget("agent", 100, Map.of("agent", "a")));
    dispatch();
    assertThat(told()).containsExactly("budget.firing: budget:agent at 100");
  }

  @Test
  void whatArisesWithinTheWaitLeavesAsOneMessageThatListsIt() throws Exception {
    group("agent", Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO);
    rule("one", 1, "a");
    dispatch();
    clock.pass(Duration.ofSeconds(20));
    rule("two", 1, "a");
    rule("two", 2, "a");
    rule("other", 1, "b");
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofSeconds(10));
    dispatch();
    JsonNode message = messages().get(0);
    assertThat(message.path("type").asText()).isEqualTo("incident.group");
    assertThat(message.path("title").asText()).isEqualTo("2 firing: agent a");
    assertThat(message.path("data").path("group").path("agent").asText()).isEqualTo("a");
    assertThat(message.path("data").path("incidents").findValuesAsText("title"))
        .containsExactly("one at 1", "two at 2");
    clock.pass(Duration.ofSeconds(20));
    dispatch();
    assertThat(told()).containsExactly("incident.group: other at 1");
  }

  @Test
  void whatArisesLaterWaitsForTheInterval() throws Exception {
    group("agent", Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO);
    rule("one", 1, "a");
    clock.pass(Duration.ofSeconds(30));
    dispatch();
    assertThat(told()).hasSize(1);
    clock.pass(Duration.ofMinutes(1));
    rule("two", 1, "a");
    clear("one");
    clock.pass(Duration.ofMinutes(3));
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofMinutes(1));
    dispatch();
    assertThat(told()).containsExactly("incident.group: 1 firing, 1 resolved: agent a");
  }

  @Test
  void whatComesAndGoesWithinTheWaitIsNotToldAtAll() throws Exception {
    group("agent", Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO);
    rule("one", 1, "a");
    dispatch();
    clock.pass(Duration.ofSeconds(10));
    clear("one");
    clock.pass(Duration.ofHours(1));
    dispatch();
    assertThat(told()).isEmpty();
  }

  @Test
  void aGroupIsResolvedWhenTheLastOfItIs() throws Exception {
    group("agent", Duration.ZERO, Duration.ZERO, Duration.ZERO);
    rule("one", 1, "a");
    rule("two", 1, "a");
    dispatch();
    String key = messages().get(0).path("dedupe_key").asText();
    clear("one");
    dispatch();
    JsonNode message = messages().get(0);
    assertThat(message.path("title").asText()).isEqualTo("Resolved: one at 1");
    assertThat(message.path("status").asText()).as("two still holds").isEqualTo("firing");
    clear("two");
    dispatch();
    message = messages().get(0);
    assertThat(message.path("status").asText()).isEqualTo("resolved");
    assertThat(message.path("dedupe_key").asText()).isEqualTo(key);
  }

  @Test
  void aGroupHoldsWhileOneOfManyDoes() throws Exception {
    group("source", Duration.ZERO, Duration.ZERO, Duration.ZERO);
    int over = 500;
    for (int i = 0; i < over; i++) {
      rule("over" + i, 1, "silent");
    }
    dispatch();
    rule("last", 1, "a");
    rule("holds", 1, "a");
    dispatch();
    told();
    // They are resolved, and the channel does not know yet.
    silence("agent", "=", "silent", Duration.ofHours(1));
    for (int i = 0; i < over; i++) {
      clear("over" + i);
    }
    clear("last");
    dispatch();
    JsonNode message = messages().get(0);
    assertThat(message.path("title").asText()).isEqualTo("Resolved: last at 1");
    assertThat(message.path("status").asText()).isEqualTo("firing");
  }

  @Test
  void aMessageListsABoundedNumber() throws Exception {
    group("source", Duration.ZERO, Duration.ZERO, Duration.ZERO);
    for (int i = 0; i < 60; i++) {
      rule("r" + i, 1, "a");
    }
    dispatch();
    JsonNode message = messages().get(0);
    assertThat(message.path("data").path("incidents")).hasSize(50);
    assertThat(message.path("data").path("more").asInt()).isEqualTo(10);
    assertThat(message.path("data").path("firing").asInt()).isEqualTo(60);
  }

  @Test
  void whatNobodyAcknowledgesIsToldAgain() throws Exception {
    group("", Duration.ZERO, Duration.ZERO, Duration.ofHours(4));
    rule("r", 1, "a");
    dispatch();
    told();
    clock.pass(Duration.ofHours(3));
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofHours(1));
    dispatch();
    assertThat(told()).containsExactly("incident.reminder: Still open: r at 1");
    clock.pass(Duration.ofHours(4));
    dispatch();
    assertThat(told()).hasSize(1);
    UUID id = incident("r");
    run(
        connection -> {
          handling.acknowledge(connection, TENANT, id, "key:alice", null);
          return null;
        });
    clock.pass(Duration.ofHours(8));
    dispatch();
    assertThat(told()).isEmpty();
    assertThat(dispatcher.due()).isEmpty();
  }

  @Test
  void remindersOfAGroupAreOneMessage() throws Exception {
    group("agent", Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(4));
    rule("one", 1, "a");
    rule("two", 1, "a");
    clock.pass(Duration.ofSeconds(30));
    dispatch();
    told();
    clock.pass(Duration.ofHours(4));
    dispatch();
    assertThat(told()).containsExactly("incident.reminder: 2 firing: agent a");
  }

  @Test
  void whatIsSilencedIsNotToldAgainUntilTheSilenceEnds() throws Exception {
    group("", Duration.ZERO, Duration.ZERO, Duration.ofHours(4));
    rule("r", 1, "a");
    dispatch();
    told();
    silence("agent", "=", "a", Duration.ofHours(5));
    clock.pass(Duration.ofHours(4));
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofHours(1));
    dispatch();
    assertThat(told()).hasSize(1);
  }

  @Test
  void settingsAlsoHoldForWhatWaitsAlready() throws Exception {
    group("agent", Duration.ofHours(1), Duration.ofHours(1), Duration.ZERO);
    rule("r", 1, "a");
    dispatch();
    assertThat(told()).isEmpty();
    group("", Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));
    dispatch();
    assertThat(told()).containsExactly("rule.firing: r at 1");
    group("", Duration.ZERO, Duration.ZERO, Duration.ofMinutes(10));
    clock.pass(Duration.ofMinutes(5));
    dispatch();
    assertThat(told()).isEmpty();
    clock.pass(Duration.ofMinutes(5));
    dispatch();
    assertThat(told()).hasSize(1);
  }

  /** Evaluators and dispatchers of several processes, all at once. */
  @Test
  void manyWhoReportAndDispatchTellEachTransitionAndChannelOnce() throws Exception {
    int conditions = 12;
    int levels = 4;
    UUID second = tables.channel(TENANT);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    AtomicBoolean reported = new AtomicBoolean();
    try {
      List<Future<?>> dispatching = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        dispatching.add(
            threads.submit(
                () -> {
                  while (!reported.get()) {
                    dispatch();
                  }
                }));
      }
      List<Future<?>> reporting = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        reporting.add(
            threads.submit(
                () -> {
                  for (int level = 1; level <= levels; level++) {
                    for (int c = 0; c < conditions; c++) {
                      rule("r" + c, level, "a");
                    }
                  }
                }));
      }
      for (Future<?> future : reporting) {
        future.get();
      }
      reported.set(true);
      for (Future<?> future : dispatching) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
    dispatch();
    for (UUID each : List.of(channel, second)) {
      List<String> told = new ArrayList<>();
      for (String payload :
          tables.texts(
              "SELECT payload FROM alerting.deliveries WHERE channel_id = ? ORDER BY created_at",
              each)) {
        told.add(JSON.readTree(payload).path("title").asText());
      }
      Set<String> distinct = new HashSet<>(told);
      assertThat(told).hasSize(conditions * levels).hasSameSizeAs(distinct);
      for (int c = 0; c < conditions; c++) {
        String prefix = "r" + c + " at ";
        assertThat(told)
            .filteredOn(title -> title.startsWith(prefix))
            .as("in their order")
            .isSorted();
      }
    }
  }
}
