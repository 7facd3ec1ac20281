package dev.tokenledger.alerting.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EndedRowsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Instant BEFORE = NOW.minus(Duration.ofDays(90));
  private static final Instant LONG_AGO = BEFORE.minusSeconds(1);
  private static final int TENANT = AlertingTables.TENANT;

  private static AlertingTables tables;

  private final EndedRows rows = new EndedRows(tables.database(), 2);

  @BeforeAll
  static void prepare() throws Exception {
    tables = new AlertingTables();
  }

  @BeforeEach
  void empty() throws Exception {
    tables.empty();
  }

  @AfterAll
  static void close() {
    tables.close();
  }

  @Test
  void deliveriesThatEndedLongAgoGoWithTheirAttemptsPortionByPortion() throws Exception {
    UUID channel = tables.channel(TENANT);
    for (String status : List.of("delivered", "dead", "delivered")) {
      delivery(channel, status, "a", LONG_AGO);
    }
    UUID recent = delivery(channel, "delivered", "a", BEFORE);
    UUID waiting = delivery(channel, "pending", "a", LONG_AGO);
    assertThat(rows.deleteDeliveries(BEFORE)).isEqualTo(2);
    assertThat(rows.deleteDeliveries(BEFORE)).isEqualTo(1);
    assertThat(rows.deleteDeliveries(BEFORE)).isZero();
    List<String> left = List.of(recent.toString(), waiting.toString());
    assertThat(tables.texts("SELECT delivery_id FROM alerting.deliveries"))
        .containsExactlyInAnyOrderElementsOf(left);
    assertThat(tables.texts("SELECT delivery_id FROM alerting.delivery_attempts"))
        .containsExactlyInAnyOrderElementsOf(left);
  }

  @Test
  void whatWasToldOfAnIncidentThatLastsIsKept() throws Exception {
    UUID channel = tables.channel(TENANT);
    delivery(channel, "delivered", "lasting", LONG_AGO);
    delivery(channel, "delivered", "over", LONG_AGO);
    incident("lasting", "open", null);
    incident("over", "resolved", LONG_AGO);
    rows.deleteDeliveries(BEFORE);
    assertThat(tables.texts("SELECT dedupe_key FROM alerting.deliveries"))
        .containsExactly("lasting");
  }

  @Test
  void incidentsThatEndedLongAgoGoWithTheirHistoryUnlessSomebodyIsStillToBeTold() throws Exception {
    UUID channel = tables.channel(TENANT);
    incident("over", "resolved", LONG_AGO);
    incident("by hand, and still holds", "resolved", null);
    incident("recent", "resolved", BEFORE);
    incident("open", "open", null);
    UUID silenced = incident("silenced", "resolved", LONG_AGO);
    tables.execute(
        "INSERT INTO alerting.untold (entry_id, channel_id, tenant_id, incident_id, created_at,"
            + " due_at) SELECT entry_id, ?, tenant_id, incident_id, at, at"
            + " FROM alerting.incident_history WHERE incident_id = ?",
        channel,
        silenced);
    assertThat(rows.deleteIncidents(BEFORE)).isEqualTo(1);
    assertThat(rows.deleteIncidents(BEFORE)).isZero();
    assertThat(tables.texts("SELECT condition_key FROM alerting.incidents"))
        .containsExactlyInAnyOrder("by hand, and still holds", "recent", "open", "silenced");
    assertThat(tables.texts("SELECT count(*) FROM alerting.incident_history")).containsExactly("4");
  }

  @Test
  void silencesThatEndedLongAgoGo() throws Exception {
    silence(LONG_AGO);
    silence(BEFORE);
    silence(NOW.plusSeconds(60));
    assertThat(rows.deleteSilences(BEFORE)).isEqualTo(1);
    assertThat(tables.texts("SELECT count(*) FROM alerting.silences")).containsExactly("2");
  }

  @Test
  void formerSecretsGoOnceTheySignNothing() throws Exception {
    UUID channel = tables.channel(TENANT);
    for (Instant until : List.of(NOW.minusSeconds(1), NOW.plusSeconds(1))) {
      tables.execute(
          "INSERT INTO alerting.former_secrets (channel_id, tenant_id, encrypted_secret,"
              + " valid_until) VALUES (?, ?, '', ?::timestamptz)",
          channel,
          TENANT,
          until.toString());
    }
    assertThat(rows.deleteFormerSecrets(NOW)).isEqualTo(1);
  }

  @Test
  void whileAnotherProcessIsAtWorkNothingIsDone() throws Exception {
    silence(LONG_AGO);
    try (Connection other = tables.database().connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT pg_advisory_xact_lock(730585, 1)");
      assertThat(rows.deleteSilences(BEFORE)).isZero();
      other.rollback();
    }
    assertThat(rows.deleteSilences(BEFORE)).isEqualTo(1);
  }

  private static UUID delivery(UUID channel, String status, String key, Instant ended)
      throws SQLException {
    UUID id = UUID.randomUUID();
    tables.execute(
        "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload,"
            + " status, dedupe_key, next_attempt_at)"
            + " VALUES (?, ?, ?, 't', '{}', ?, ?, ?::timestamptz)",
        id,
        TENANT,
        channel,
        status,
        key,
        ended.toString());
    tables.execute(
        "INSERT INTO alerting.delivery_attempts (attempt_id, delivery_id, tenant_id, started_at)"
            + " VALUES (gen_random_uuid(), ?, ?, now())",
        id,
        TENANT);
    return id;
  }

  private static UUID incident(String key, String status, Instant ended) throws SQLException {
    UUID id = UUID.randomUUID();
    String at = LONG_AGO.toString();
    tables.execute(
        "INSERT INTO alerting.incidents (incident_id, tenant_id, condition_key, source, status,"
            + " level, severity, type, title, text, labels, facts, data, channels, opened_at,"
            + " last_seen_at, resolved_at, ended_at) VALUES (?, ?, ?, 'rule', ?, 1, 'low',"
            + " 'rule.firing', '', '', '{}', '[]', '{}', '{}', ?::timestamptz, ?::timestamptz,"
            + " ?::timestamptz, ?::timestamptz)",
        id,
        TENANT,
        key,
        status,
        at,
        at,
        status.equals("resolved") ? at : null,
        ended == null ? null : ended.toString());
    tables.execute(
        "INSERT INTO alerting.incident_history (tenant_id, incident_id, at, actor, event,"
            + " to_status, level, severity) VALUES (?, ?, ?::timestamptz, 'system', 'opened',"
            + " 'open', 1, 'low')",
        TENANT,
        id,
        at);
    return id;
  }

  private static void silence(Instant ends) throws SQLException {
    tables.execute(
        "INSERT INTO alerting.silences (silence_id, tenant_id, matchers, starts_at, ends_at,"
            + " comment, created_by, created_at) VALUES (gen_random_uuid(), ?, '[]',"
            + " ?::timestamptz - interval '1 hour', ?::timestamptz, '', 'test', now())",
        TENANT,
        ends.toString(),
        ends.toString());
  }
}
