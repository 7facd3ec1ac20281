package dev.tokenledger.alerting.incident;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.Conditions;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.platform.database.Database.Work;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.testsupport.TestClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class IncidentsTest {
  private static AlertingTables tables;

  private static final String KEY = "rule:1:a";
  private static final int THREADS = 8;

  private final TestClock clock = new TestClock();
  private final Incidents incidents = new Incidents(JSON, clock);
  private final IncidentReader reader = new IncidentReader(JSON);
  private final IncidentActions handling = new IncidentActions(JSON, incidents, clock);
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
  }

  private <T> T run(Work<T> work) {
    return tables.database().asTenant(TENANT, work);
  }

  private boolean report(int level) {
    return run(connection -> incidents.report(connection, Conditions.rule(KEY, level, "a")));
  }

  private boolean report(Severity severity) {
    return run(connection -> incidents.report(connection, Conditions.rule(KEY, severity, "a")));
  }

  private boolean clear() {
    return run(connection -> incidents.clear(connection, TENANT, KEY, "it is over"));
  }

  private List<Incident> all() {
    return page(new IncidentReader.Filter(Set.of(), Set.of(), Set.of()), 100, null);
  }

  private Incident latest() {
    return all().get(0);
  }

  private void acknowledge(String actor) {
    UUID id = latest().id();
    run(
        connection -> {
          handling.acknowledge(connection, TENANT, id, actor, null);
          return null;
        });
  }

  private void resolve(String actor) {
    UUID id = latest().id();
    run(
        connection -> {
          handling.resolve(connection, TENANT, id, actor, "by hand");
          return null;
        });
  }

  private List<String> openKeys() {
    return run(connection -> incidents.openKeys(connection, TENANT, "rule", null));
  }

  private List<Incident> page(IncidentReader.Filter filter, int limit, @Nullable UUID after) {
    return run(connection -> reader.page(connection, TENANT, filter, limit, after));
  }

  private List<HistoryEvent> events() {
    UUID id = latest().id();
    return run(connection -> reader.history(connection, TENANT, id)).stream()
        .map(HistoryEntry::event)
        .toList();
  }

  private List<String> untold() throws Exception {
    return tables.texts(
        "SELECT event FROM alerting.untold JOIN alerting.incident_history USING (entry_id)"
            + " ORDER BY entry_id");
  }

  @Test
  void opensOnceHoweverOftenItIsReported() throws Exception {
    assertThat(report(1)).isTrue();
    assertThat(report(1)).isFalse();
    clock.pass(Duration.ofMinutes(5));
    assertThat(report(1)).isFalse();

    assertThat(all()).hasSize(1);
    assertThat(latest().status()).isEqualTo(IncidentStatus.OPEN);
    assertThat(latest().openedAt()).isEqualTo(Instant.parse("2026-11-20T10:00:00Z"));
    assertThat(latest().lastSeenAt()).isEqualTo(clock.instant());
    assertThat(events()).containsExactly(HistoryEvent.OPENED);
    assertThat(untold()).containsExactly("opened");
  }

  @Test
  void escalatesWithItsLevelAndNotBelowIt() throws Exception {
    report(1);
    assertThat(report(3)).isTrue();
    assertThat(report(2)).isFalse();
    assertThat(report(3)).isFalse();

    assertThat(latest().level()).isEqualTo(3);
    assertThat(latest().title()).isEqualTo(KEY + " at 3");
    assertThat(untold()).containsExactly("opened", "escalated");
  }

  @Test
  void escalatesWithItsSeverityAtTheSameLevelOnceItIsHigherThanItEverWas() throws Exception {
    assertThat(report(Severity.MEDIUM)).isTrue();
    acknowledge("key:alice");
    assertThat(report(Severity.HIGH)).isTrue();
    assertThat(latest().status()).isEqualTo(IncidentStatus.OPEN);
    assertThat(latest().severity()).isEqualTo(Severity.HIGH);
    assertThat(untold()).containsExactly("opened", "escalated");

    assertThat(report(Severity.LOW)).isFalse();
    assertThat(latest().severity()).isEqualTo(Severity.LOW);
    assertThat(report(Severity.HIGH)).as("it has been as severe before").isFalse();
    assertThat(latest().severity()).isEqualTo(Severity.HIGH);
    assertThat(report(Severity.CRITICAL)).isTrue();
    assertThat(untold()).containsExactly("opened", "escalated", "escalated");
  }

  @Test
  void whatWasResolvedByHandOpensAgainWhenItIsMoreSevere() {
    report(Severity.LOW);
    resolve("key:alice");
    assertThat(report(Severity.LOW)).isFalse();
    assertThat(report(Severity.HIGH)).isTrue();
    assertThat(events())
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.RESOLVED, HistoryEvent.REOPENED);
  }

  @Test
  void goesThroughItsStates() throws Exception {
    report(1);
    clock.pass(Duration.ofSeconds(1));
    acknowledge("key:alice");
    assertThat(latest().status()).isEqualTo(IncidentStatus.ACKNOWLEDGED);
    assertThat(latest().acknowledgedBy()).isEqualTo("key:alice");
    assertThat(report(1)).isFalse();
    assertThat(latest().status()).isEqualTo(IncidentStatus.ACKNOWLEDGED);

    assertThat(clear()).isTrue();
    assertThat(latest().status()).isEqualTo(IncidentStatus.RESOLVED);
    assertThat(latest().resolvedBy()).isEqualTo("system");
    assertThat(clear()).isFalse();
    assertThat(events())
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.ACKNOWLEDGED, HistoryEvent.RESOLVED);
    HistoryEntry last = run(connection -> reader.history(connection, TENANT, latest().id())).get(2);
    assertThat(last.from()).isEqualTo(IncidentStatus.ACKNOWLEDGED);
    assertThat(last.to()).isEqualTo(IncidentStatus.RESOLVED);
    assertThat(last.at()).isEqualTo(clock.instant());
    assertThat(last.comment()).isEqualTo("it is over");
    assertThat(untold()).containsExactly("opened", "resolved");
  }

  @Test
  void whatWasAcknowledgedOpensAgainWhenItGetsWorse() {
    report(1);
    acknowledge("key:alice");
    assertThat(report(2)).isTrue();
    assertThat(latest().status()).isEqualTo(IncidentStatus.OPEN);
    assertThat(latest().acknowledgedBy()).isNull();
    assertThat(events())
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.ACKNOWLEDGED, HistoryEvent.ESCALATED);
  }

  @Test
  void whatWasResolvedByHandStaysSoWhileItHolds() {
    report(1);
    resolve("key:alice");
    clock.pass(Duration.ofMinutes(1));
    assertThat(report(1)).isFalse();
    assertThat(latest().status()).isEqualTo(IncidentStatus.RESOLVED);
    assertThat(latest().lastSeenAt()).isEqualTo(clock.instant());
    assertThat(openKeys()).containsExactly(KEY);
  }

  @Test
  void whatWasResolvedByHandOpensAsAnotherOnceItHasEndedAndBegunAgain() {
    report(1);
    resolve("key:alice");
    assertThat(clear()).as("there is nothing left to resolve").isFalse();
    assertThat(openKeys()).isEmpty();
    clock.pass(Duration.ofMinutes(1));
    assertThat(report(1)).isTrue();
    assertThat(all()).hasSize(2);
    assertThat(events()).containsExactly(HistoryEvent.OPENED);
  }

  @Test
  void whatWasResolvedByHandOpensAgainWhenItGetsWorse() {
    report(1);
    resolve("key:alice");
    assertThat(report(2)).isTrue();
    assertThat(all()).hasSize(1);
    assertThat(latest().status()).isEqualTo(IncidentStatus.OPEN);
    assertThat(events())
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.RESOLVED, HistoryEvent.REOPENED);
  }

  @Test
  void commentsAndAssignmentsJoinTheHistory() {
    report(1);
    UUID id = latest().id();
    run(
        connection -> {
          handling.comment(connection, TENANT, id, "key:alice", "looking");
          handling.assign(connection, TENANT, id, "key:alice", "bob", null);
          return null;
        });
    assertThat(latest().assignee()).isEqualTo("bob");
    List<HistoryEntry> history = run(connection -> reader.history(connection, TENANT, id));
    assertThat(history)
        .extracting(HistoryEntry::event)
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.COMMENTED, HistoryEvent.ASSIGNED);
    assertThat(history.get(1).comment()).isEqualTo("looking");
    assertThat(history.get(2).comment()).isEqualTo("Assigned to bob.");
    assertThat(history.get(2).actor()).isEqualTo("key:alice");
  }

  @Test
  void whatIsResolvedCannotBeAcknowledged() {
    report(1);
    resolve("key:alice");
    assertThatThrownBy(() -> acknowledge("key:bob"))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo(ProblemCode.CONFLICT));
  }

  @Test
  void anotherTenantKnowsNothingOfIt() {
    report(1);
    UUID id = latest().id();
    assertThatThrownBy(
            () ->
                tables
                    .database()
                    .asTenant(
                        TENANT + 1,
                        connection -> {
                          handling.resolve(connection, TENANT + 1, id, "key:eve", null);
                          return null;
                        }))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo(ProblemCode.NOT_FOUND));
    Optional<Incident> foreign =
        tables.database().asTenant(TENANT + 1, connection -> reader.find(connection, TENANT, id));
    assertThat(foreign).as("even if it asks for the other's").isEmpty();
  }

  @Test
  void listsAreFilteredAndPaged() {
    for (int i = 0; i < 5; i++) {
      String key = "rule:1:" + i;
      run(connection -> incidents.report(connection, Conditions.rule(key, 1, "a")));
      clock.pass(Duration.ofSeconds(1));
    }
    run(connection -> incidents.clear(connection, TENANT, "rule:1:3", "over"));
    IncidentReader.Filter open =
        new IncidentReader.Filter(Set.of(IncidentStatus.OPEN), Set.of(), Set.of("rule"));
    List<Incident> first = page(open, 2, null);
    List<Incident> second = page(open, 9, first.get(1).id());
    assertThat(first).extracting(Incident::key).containsExactly("rule:1:4", "rule:1:2");
    assertThat(second).extracting(Incident::key).containsExactly("rule:1:1", "rule:1:0");
    IncidentReader.Filter budgets = new IncidentReader.Filter(Set.of(), Set.of(), Set.of("budget"));
    assertThat(page(budgets, 9, null)).isEmpty();
  }

  /** Several evaluators see the same at once, again and again. */
  @RepeatedTest(5)
  void manyWhoReportTheSameMakeEachTransitionOnce() throws Exception {
    List<Boolean> results = new ArrayList<>();
    for (int level = 1; level <= 4; level++) {
      int at = level;
      results.addAll(inParallel(() -> report(at)));
    }
    assertThat(results).filteredOn(transition -> transition).hasSize(4);
    assertThat(all()).hasSize(1);
    assertThat(events())
        .containsExactly(
            HistoryEvent.OPENED,
            HistoryEvent.ESCALATED,
            HistoryEvent.ESCALATED,
            HistoryEvent.ESCALATED);
    assertThat(untold()).hasSize(4);
  }

  @RepeatedTest(5)
  void manyWhoEndTheSameEndItOnce() throws Exception {
    report(1);
    assertThat(inParallel(this::clear)).filteredOn(resolved -> resolved).hasSize(1);
    assertThat(events()).containsExactly(HistoryEvent.OPENED, HistoryEvent.RESOLVED);
  }

  @RepeatedTest(5)
  void manyWhoAcknowledgeAndResolveDoEachOnce() throws Exception {
    report(1);
    UUID id = latest().id();
    inParallel(
        () ->
            run(
                connection -> {
                  handling.acknowledge(connection, TENANT, id, "key:alice", null);
                  return null;
                }));
    inParallel(
        () ->
            run(
                connection -> {
                  handling.resolve(connection, TENANT, id, "key:alice", null);
                  return null;
                }));
    assertThat(events())
        .containsExactly(HistoryEvent.OPENED, HistoryEvent.ACKNOWLEDGED, HistoryEvent.RESOLVED);
  }

  /** Whatever comes in whatever order, transitions follow each other and no two incidents hold. */
  @RepeatedTest(3)
  void reportsAndEndsInAnyOrderLeaveAHistoryThatFollows() throws Exception {
    for (int round = 0; round < 20; round++) {
      clock.pass(Duration.ofSeconds(1));
      int at = round;
      inParallel(() -> Thread.currentThread().getId() % 2 == 0 ? report(at) : clear());
    }
    clear();
    for (Incident incident : all()) {
      assertThat(incident.status()).isEqualTo(IncidentStatus.RESOLVED);
      List<HistoryEntry> history =
          run(connection -> reader.history(connection, TENANT, incident.id()));
      IncidentStatus before = null;
      for (HistoryEntry entry : history) {
        assertThat(entry.from()).isEqualTo(before);
        before = entry.to();
      }
    }
    assertThat(
            tables.texts(
                "SELECT count(*) FROM alerting.incident_history WHERE event = 'opened'"
                    + " UNION ALL SELECT count(*) FROM alerting.incident_history"
                    + " WHERE event = 'resolved'"))
        .allMatch(Integer.toString(all().size())::equals);
  }

  @Test
  void aKeyThatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> Conditions.rule("k".repeat(601), 1, "a"))
        .hasMessageContaining("600 characters");
    // The longest fits, whatever its characters are.
    Condition longest = Conditions.rule("\uD83D\uDE00".repeat(300), 1, "a");
    boolean opened = run(connection -> incidents.report(connection, longest));
    assertThat(opened).isTrue();
  }

  @Test
  void onlyTheNamedChannelsAreToldAndThoseAlone() throws Exception {
    UUID other = tables.channel(TENANT);
    tables.channel(TENANT + 1);
    run(connection -> incidents.report(connection, Conditions.rule("some", 1, "a", other)));
    assertThat(tables.texts("SELECT channel_id FROM alerting.untold"))
        .containsExactly(other.toString());
    run(connection -> incidents.report(connection, Conditions.rule("all", 1, "a")));
    assertThat(tables.texts("SELECT channel_id FROM alerting.untold"))
        .containsExactlyInAnyOrder(other.toString(), other.toString(), channel.toString());
  }

  private <T> List<T> inParallel(Callable<T> work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    CountDownLatch together = new CountDownLatch(THREADS);
    try {
      List<Future<T>> running =
          IntStream.range(0, THREADS)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> {
                            together.countDown();
                            together.await();
                            return work.call();
                          }))
              .toList();
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
