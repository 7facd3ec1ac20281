package dev.tokenledger.alerting.rule;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.platform.database.Database.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuleStoreTest {
  private static final Instant END = Instant.parse("2026-11-20T14:05:00Z");
  private static AlertingTables tables;

  private final RuleStore store = new RuleStore(JSON);
  private Rule rule;

  @BeforeAll
  static void makeTables() throws Exception {
    tables = new AlertingTables();
  }

  @AfterAll
  static void close() {
    tables.close();
  }

  @BeforeEach
  void makeRule() {
    rule =
        RuleParser.changed(
            RuleStore.blank(UUID.randomUUID(), TENANT, END),
            Rules.body(
                "error_rate",
                Map.of("project", List.of("search")),
                "agent",
                "15m",
                ">",
                "0.05",
                null,
                null,
                null,
                null,
                "10m",
                "keep",
                20L));
    assertThat(
            RuleStoreTest.<Boolean>run(
                connection -> store.insert(connection, rule, "tester", 1_000)))
        .isTrue();
  }

  private static <T> T run(Work<T> work) {
    return tables.database().asTenant(TENANT, work);
  }

  @Test
  void aRuleIsReadAsItWasWritten() {
    assertThat(find(TENANT)).contains(rule);
    assertThat(RuleStoreTest.<List<Rule>>run(connection -> store.enabled(connection, TENANT)))
        .contains(rule);
  }

  @Test
  void anotherTenantSeesNothingOfIt() {
    assertThat(find(TENANT + 1)).isEmpty();
  }

  @Test
  void aTenantHasNoMoreRulesThanItMayHave() {
    Rule another = RuleStore.blank(UUID.randomUUID(), TENANT, END);
    assertThat(
            RuleStoreTest.<Boolean>run(
                connection -> store.insert(connection, another, "tester", 1)))
        .isFalse();
  }

  @Test
  void whatIsPendingIsThereAfterARestart() {
    RuleState pending = new RuleState(END, false, null, null);
    write("crawler", pending);
    RuleState readBack = states(new RuleStore(JSON)).get("crawler");
    assertThat(readBack).isEqualTo(pending);
    assertThat(
            RuleState.next(
                    readBack, RuleOutcome.Kind.HOLDS, END.plusSeconds(600), Duration.ofMinutes(10))
                .orElseThrow()
                .firing())
        .isTrue();
  }

  @Test
  void ofTwoWhoNoteAConditionTheFirstSightStays() {
    write("crawler", new RuleState(END, true, null, null));
    write("crawler", new RuleState(END.plusSeconds(60), false, null, null));
    assertThat(states(store)).containsEntry("crawler", new RuleState(END, true, null, null));
  }

  @Test
  void whatIsToldIsReadAsItWasWritten() {
    RuleState told =
        new RuleState(END, true, Map.of("value", "5.150000000", "volume", 12), END.plusSeconds(1));
    write("crawler", told);
    assertThat(states(store)).containsEntry("crawler", told);
  }

  @Test
  void whoHasReadEarlierWritesNothing() {
    assertThat(advance(rule, END, 5)).isTrue();
    assertThat(advance(rule, END.minusSeconds(60), 6)).isFalse();
    assertThat(advance(rule, END, 4)).isFalse();
    assertThat(advance(rule, END, 5)).isTrue();
    assertThat(advance(rule, END.plusSeconds(60), 5)).isTrue();
  }

  @Test
  void anEvaluationOfARuleThatWasChangedOrDeletedIsDropped() {
    run(
        connection -> {
          store.update(connection, rule);
          return null;
        });
    assertThat(advance(rule, END, 5)).isFalse();
    Rule changed = find(TENANT).orElseThrow();
    assertThat(advance(changed, END, 5)).isTrue();
    assertThat(
            RuleStoreTest.<Boolean>run(
                connection -> store.delete(connection, TENANT, rule.id(), END)))
        .isTrue();
    assertThat(advance(changed, END.plusSeconds(60), 6)).isFalse();
  }

  /** The rule as a tenant sees it. */
  private Optional<Rule> find(int tenantId) {
    return tables
        .database()
        .asTenant(tenantId, connection -> store.find(connection, TENANT, rule.id()));
  }

  private boolean advance(Rule of, Instant windowEnd, long revision) {
    return run(connection -> store.advance(connection, of, windowEnd, revision));
  }

  private void write(String series, RuleState state) {
    run(
        connection -> {
          store.writeState(connection, rule, series, state);
          return null;
        });
  }

  private Map<String, RuleState> states(RuleStore reader) {
    return run(connection -> reader.states(connection, rule));
  }
}
