package dev.tokenledger.alerting.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveryQueueTest {
  private static final int TENANT = AlertingTables.TENANT;
  private static final Duration LEASE = Duration.ofSeconds(20);
  private static final DeliveryOutcome DELIVERED =
      new DeliveryOutcome(DeliveryOutcome.Kind.DELIVERED, 204, null, null);
  private static final DeliveryOutcome FAILED =
      new DeliveryOutcome(DeliveryOutcome.Kind.FAILED, 503, "503", null);

  private static final Duration MAIL_LEASE = Duration.ofSeconds(120);
  private static final int MAX_ATTEMPTS = 2;
  private static final DeliveryQueue.Bounds BOUNDS =
      new DeliveryQueue.Bounds(MAX_ATTEMPTS, LEASE, MAIL_LEASE);

  private static AlertingTables tables;

  private final ObjectMapper json = AlertingTables.JSON;
  private final Outbox outbox = new Outbox(json);

  /** After whatever the database takes for now. */
  private final Instant now = Instant.now().plusSeconds(60).truncatedTo(ChronoUnit.MILLIS);

  private final Database database = tables.database();
  private final DeliveryQueue queue =
      new DeliveryQueue(
          database,
          BOUNDS,
          new DeliveryQueue.Rests(3, Duration.ofMinutes(1), Duration.ofMinutes(3)));

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
  void whatIsToldOfOneConditionKeepsItsOrderHoweverOftenTheFirstFails() throws Exception {
    UUID channel = channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:2", Severity.HIGH);
    DeliveryQueue.Due first = claim(now).get(0);
    assertThat(first.dedupeKey()).isEqualTo("incident:1");
    finish(first, FAILED, now.plusSeconds(3600));
    // The other condition goes on, the second of the first one waits.
    DeliveryQueue.Due other = claim(now).get(0);
    assertThat(other.dedupeKey()).isEqualTo("incident:2");
    finish(other, DELIVERED, null);
    assertThat(claim(now.plusSeconds(60))).isEmpty();

    Instant later = now.plusSeconds(3600);
    DeliveryQueue.Due again = claim(later).get(0);
    assertThat(again.id()).isEqualTo(first.id());
    assertThat(claim(later)).as("while the first is on its way").isEmpty();
    finish(again, DELIVERED, null);
    DeliveryQueue.Due second = claim(later).get(0);
    assertThat(second.sequence()).isGreaterThan(first.sequence());
    assertThat(second.channelId()).isEqualTo(channel);
  }

  @Test
  void anEarlierOneThatIsGivenUpHoldsNothingBack() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due first = claim(now).get(0);
    finish(first, FAILED, null);
    assertThat(claim(now)).hasSize(1);
  }

  @Test
  void aChannelHasOneAtATimeAndOthersDoNotWaitForIt() throws Exception {
    UUID one = channel("low");
    UUID other = channel("low");
    for (int i = 0; i < 5; i++) {
      enqueue("incident:" + i, Severity.HIGH);
    }
    List<DeliveryQueue.Due> due = claim(now);
    assertThat(due).extracting(DeliveryQueue.Due::channelId).containsExactlyInAnyOrder(one, other);
    assertThat(queue.claim(now, 10, Set.of(one)))
        .extracting(DeliveryQueue.Due::channelId)
        .containsExactly(other);
  }

  @Test
  void manyProcessesClaimEachDeliveryOnce() throws Exception {
    for (int i = 0; i < 4; i++) {
      channel("low");
    }
    for (int i = 0; i < 50; i++) {
      enqueue("incident:" + i, Severity.HIGH);
    }
    Set<UUID> claimed = Collections.synchronizedSet(new HashSet<>());
    List<UUID> all = Collections.synchronizedList(new ArrayList<>());
    ExecutorService processes = Executors.newFixedThreadPool(4);
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ends.add(
          processes.submit(
              () -> {
                while (all.size() < 200) {
                  for (DeliveryQueue.Due due : claim(now)) {
                    all.add(due.id());
                    claimed.add(due.id());
                    finish(due, DELIVERED, null);
                  }
                }
              }));
    }
    for (Future<?> end : ends) {
      end.get(60, java.util.concurrent.TimeUnit.SECONDS);
    }
    processes.shutdown();
    assertThat(all).hasSize(200);
    assertThat(claimed).hasSize(200);
  }

  @Test
  void aClaimThatRanOutIsTakenOverAndItsFormerOwnerChangesNothing() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due lost = claim(now).get(0);
    assertThat(claim(now.plus(LEASE).minusMillis(1))).isEmpty();
    Instant later = now.plus(LEASE);
    DeliveryQueue.Due taken = claim(later).get(0);
    assertThat(taken.id()).isEqualTo(lost.id());
    finish(taken, DELIVERED, null);
    finish(lost, FAILED, null);
    assertThat(text("SELECT status FROM alerting.deliveries")).isEqualTo("delivered");
    assertThat(text("SELECT failures FROM alerting.channels")).isEqualTo("0");
    assertThat(
            text(
                "SELECT string_agg(outcome, ',' ORDER BY started_at)"
                    + " FROM alerting.delivery_attempts"))
        .as("every attempt is in the log")
        .isEqualTo("failed,delivered");
  }

  @Test
  void aChannelThatFailsAgainAndAgainRestsForLongerEachTimeAndRecovers() throws Exception {
    channel("low");
    for (int i = 0; i < 10; i++) {
      enqueue("incident:" + i, Severity.HIGH);
    }
    for (int i = 0; i < 3; i++) {
      finish(claim(now).get(0), FAILED, null);
    }
    assertThat(resting()).isEqualTo(now.plusSeconds(60));
    assertThat(claim(now.plusSeconds(59))).isEmpty();
    finish(claim(now.plusSeconds(60)).get(0), FAILED, null);
    assertThat(resting()).as("twice as long").isEqualTo(now.plusSeconds(120));
    finish(claim(now.plusSeconds(200)).get(0), FAILED, null);
    assertThat(resting()).as("the longest pause").isEqualTo(now.plusSeconds(180));
    finish(claim(now.plusSeconds(400)).get(0), DELIVERED, null);
    assertThat(text("SELECT failures FROM alerting.channels")).isEqualTo("0");
    assertThat(text("SELECT resting_until FROM alerting.channels")).isNull();
  }

  @Test
  void aReceiverThatIsOverloadedRestsAsLongAsItAsksAndCountsAsNoFailure() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    finish(
        claim(now).get(0),
        new DeliveryOutcome(DeliveryOutcome.Kind.FAILED, 429, "429", Duration.ofSeconds(30)),
        now.plusSeconds(30));
    assertThat(resting()).isEqualTo(now.plusSeconds(30));
    assertThat(text("SELECT failures FROM alerting.channels")).isEqualTo("0");
  }

  @Test
  void aReceiverThatIsGoneGetsNothingMore() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:2", Severity.HIGH);
    finish(
        claim(now).get(0), new DeliveryOutcome(DeliveryOutcome.Kind.GONE, 410, "gone", null), null);
    assertThat(text("SELECT disabled_reason FROM alerting.channels")).isEqualTo("gone");
    assertThat(claim(now)).isEmpty();
    assertThat(text("SELECT count(*) FROM alerting.deliveries WHERE status = 'dead'"))
        .isEqualTo("2");
    enqueue("incident:3", Severity.HIGH);
    assertThat(text("SELECT count(*) FROM alerting.deliveries")).isEqualTo("2");
  }

  /** Another process may be sending to it just then. */
  @Test
  void whatIsOnItsWayWhenAReceiverIsGoneIsGivenUpUnlessItArrives() throws Exception {
    channel("low");
    for (int i = 0; i < 3; i++) {
      enqueue("incident:" + i, Severity.HIGH);
    }
    DeliveryQueue.Due first = claim(now).get(0);
    DeliveryQueue.Due failing = claim(now).get(0);
    DeliveryQueue.Due arriving = claim(now).get(0);
    finish(first, new DeliveryOutcome(DeliveryOutcome.Kind.GONE, 410, "gone", null), null);
    finish(failing, FAILED, now.plusSeconds(5));
    finish(arriving, DELIVERED, null);
    assertThat(
            tables.texts(
                "SELECT status || ' ' || coalesce(last_error, '') FROM alerting.deliveries"
                    + " ORDER BY sequence"))
        .containsExactly("dead gone", "dead the channel was disabled", "delivered ");
    assertThat(text("SELECT count(claim) FROM alerting.deliveries")).isEqualTo("0");
  }

  @Test
  void aReceiverThatIsGoneSaysNothingOfTheAddressThatHasReplacedIt() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due due = claim(now).get(0);
    tables.execute("UPDATE alerting.channels SET url = 'https://example.com/new'");
    finish(due, new DeliveryOutcome(DeliveryOutcome.Kind.GONE, 410, "gone", null), null);
    assertThat(tables.texts("SELECT disabled_reason FROM alerting.channels"))
        .containsExactly((String) null);
    assertThat(claim(now).get(0).url()).isEqualTo("https://example.com/new");
  }

  @Test
  void whatWaitsForAChannelThatSomebodyHasDisabledWaitsUntilItGoesOn() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    tables.execute("UPDATE alerting.channels SET disabled_reason = 'disabled by a user'");
    assertThat(claim(now)).isEmpty();
    tables.execute("UPDATE alerting.channels SET disabled_reason = NULL");
    assertThat(claim(now)).hasSize(1);
  }

  @Test
  void whatSomebodyHasAskedForIsSentToADisabledChannelBeforeWhatWaits() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.LOW);
    enqueue("incident:1", Severity.HIGH);
    tables.execute("UPDATE alerting.channels SET disabled_reason = 'disabled by a user'");
    tables.execute(
        "UPDATE alerting.deliveries SET requested = true"
            + " WHERE sequence = (SELECT max(sequence) FROM alerting.deliveries)");
    List<DeliveryQueue.Due> due = claim(now);
    assertThat(due).hasSize(1);
    assertThat(due.get(0).payload()).contains("\"high\"");
    finish(due.get(0), DELIVERED, null);
    assertThat(claim(now)).isEmpty();
  }

  @Test
  void aReceiverThatFailsAndSaysForHowLongRestsAndHasFailed() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:2", Severity.HIGH);
    DeliveryOutcome down =
        new DeliveryOutcome(DeliveryOutcome.Kind.FAILED, 503, "503", Duration.ofSeconds(30));
    finish(claim(now).get(0), down, now.plusSeconds(30));
    assertThat(claim(now.plusSeconds(29))).as("another delivery").isEmpty();
    assertThat(text("SELECT failures FROM alerting.channels")).isEqualTo("1");
    DeliveryOutcome forDays =
        new DeliveryOutcome(DeliveryOutcome.Kind.FAILED, 503, "503", Duration.ofDays(3));
    finish(claim(now.plusSeconds(30)).get(0), forDays, now.plusSeconds(30));
    assertThat(resting()).as("the longest pause").isEqualTo(now.plusSeconds(180));
  }

  @Test
  void aReceiverThatIsOverloadedAndDoesNotSayForHowLongHasFailed() throws Exception {
    channel("low");
    for (int i = 0; i < 3; i++) {
      enqueue("incident:" + i, Severity.HIGH);
      finish(
          claim(now).get(0),
          new DeliveryOutcome(DeliveryOutcome.Kind.FAILED, 429, "429", null),
          null);
    }
    assertThat(resting()).isEqualTo(now.plusSeconds(60));
  }

  @Test
  void attemptsOfWhichNobodyNotesTheOutcomeAreCountedAndTheLastOneIsTheEnd() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:1", Severity.HIGH);
    Instant time = now;
    DeliveryQueue.Due last = claim(time).get(0);
    for (int i = 1; i < MAX_ATTEMPTS; i++) {
      time = time.plus(LEASE);
      last = claim(time).get(0);
    }
    assertThat(last.attempts()).isEqualTo(MAX_ATTEMPTS);
    time = time.plus(LEASE);
    assertThat(claim(time).get(0).id()).as("the next one").isNotEqualTo(last.id());
    assertThat(
            tables.texts(
                "SELECT status || ' ' || last_error FROM alerting.deliveries"
                    + " WHERE delivery_id = ?",
                last.id()))
        .containsExactly("dead no outcome was noted");
  }

  @Test
  void anErrorWithCharactersThatPostgresRefusesIsNotedWithoutThem() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    finish(claim(now).get(0), DeliveryOutcome.failed("no\0thing\n" + "x".repeat(400)), null);
    assertThat(text("SELECT last_error FROM alerting.deliveries"))
        .startsWith("no thing xxx")
        .hasSize(300);
  }

  @Test
  void aMailIsClaimedForAsLongAsItMayTake() throws Exception {
    mailChannel("a@example.com");
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due due = claim(now).get(0);
    assertThat(claim(now.plus(MAIL_LEASE).minusMillis(1))).isEmpty();
    assertThat(claim(now.plus(MAIL_LEASE)).get(0).id()).isEqualTo(due.id());
  }

  @Test
  void whoMissedAMailThatOthersGotGetsItByItselfAndHoldsNobodyBack() throws Exception {
    mailChannel("a@example.com", "b@example.com", "c@example.com");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due first = claim(now).get(0);
    finish(
        first,
        new DeliveryOutcome(
            DeliveryOutcome.Kind.DELIVERED,
            250,
            "some",
            null,
            List.of("b@example.com", "c@example.com")),
        now.plusSeconds(5));
    DeliveryQueue.Due second = claim(now).get(0);
    assertThat(second.recipients()).hasSize(3);
    finish(second, DELIVERED, null);
    assertThat(claim(now.plusSeconds(4))).isEmpty();
    List<String> again = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      DeliveryQueue.Due missed = claim(now.plusSeconds(5)).get(0);
      assertThat(missed.payload()).isEqualTo(first.payload());
      again.addAll(missed.recipients());
      finish(missed, DELIVERED, null);
    }
    assertThat(again).containsExactlyInAnyOrder("b@example.com", "c@example.com");
    assertThat(claim(now.plusSeconds(60))).isEmpty();
  }

  @Test
  void whatAConditionIsStaysTheSameHoweverOftenItIsRemindedOf() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    finish(claim(now).get(0), DELIVERED, null);
    for (int i = 0; i < 60; i++) {
      enqueue(notification("incident.reminder", "incident:1", Severity.HIGH));
      finish(claim(now).get(0), DELIVERED, null);
    }
    enqueue(notification("incident.resolved", "incident:1", Severity.HIGH));
    assertThat(queue.conditionType(claim(now).get(0))).contains("rule.firing");
    enqueue(notification("incident.group", "group:1", Severity.HIGH));
    assertThat(queue.conditionType(claim(now).get(0))).isEmpty();
  }

  @Test
  void aFormerSecretSignsUntilTheOverlapIsOverAndNoLonger() throws Exception {
    UUID channel = channel("low");
    tables.execute(
        "INSERT INTO alerting.former_secrets (channel_id, tenant_id, encrypted_secret, valid_until)"
            + " VALUES (?, ?, '\\x02', ?::timestamptz)",
        channel,
        TENANT,
        now.plusSeconds(10).toString());
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:2", Severity.HIGH);
    assertThat(claim(now.plusSeconds(9)).get(0).encryptedSecrets())
        .containsExactly(new byte[] {}, new byte[] {2});
    assertThat(claim(now.plusSeconds(10)).get(0).encryptedSecrets()).containsExactly(new byte[] {});
  }

  @Test
  void whatWasToldBeforeIsFoundTheLatestFirstAndOnlyIfItMayHaveArrived() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.LOW);
    finish(claim(now).get(0), DELIVERED, null);
    enqueue("incident:1", Severity.MEDIUM);
    finish(claim(now).get(0), FAILED, null);
    enqueue("incident:2", Severity.LOW);
    finish(claim(now).get(0), DELIVERED, null);
    enqueue("incident:1", Severity.HIGH);
    assertThat(queue.earlier(claim(now).get(0)))
        .extracting(payload -> json.readTree(payload).path("severity").asText())
        .containsExactly("medium", "low");
  }

  @Test
  void whatTheFirstVersionWroteIsDeliveredAsBeforeAndInItsOrder() throws Exception {
    TestDatabase old = TestDatabase.create();
    old.migrations().migrate("alerting", List.of("V1__alerting.sql"));
    UUID channel = UUID.randomUUID();
    try (Connection connection = old.asOwner();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url,"
              + " encrypted_secret, created_by) VALUES ('"
              + channel
              + "', 7, 'old', 'webhook', 'https://example.com/', '\\x01', 'test')");
      for (String key : List.of("a", "a", "b")) {
        statement.execute(
            "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload,"
                + " created_at) VALUES (gen_random_uuid(), 7, '"
                + channel
                + "', 't', '"
                + json.writeValueAsString(notification(key, Severity.LOW)).replace("'", "''")
                + "', clock_timestamp())");
      }
    }
    old.migrations().migrate("alerting", AlertingTables.scripts());
    try (Database migrated = old.databases().open(ServiceRole.ALERTING, 3)) {
      DeliveryQueue there =
          new DeliveryQueue(migrated, BOUNDS, new DeliveryQueue.Rests(3, LEASE, LEASE));
      List<String> keys = new ArrayList<>();
      List<Long> sequences = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        DeliveryQueue.Due due = there.claim(now, 10, Set.of()).get(0);
        keys.add(due.dedupeKey());
        sequences.add(due.sequence());
        assertThat(due.url()).isEqualTo("https://example.com/");
        assertThat(due.encryptedSecrets()).containsExactly(new byte[] {1});
        there.finish(due, DELIVERED, now, now, null);
      }
      assertThat(keys).containsExactly("a", "a", "b");
      assertThat(sequences).isSorted();
      migrated.asTenant(
          TENANT,
          connection -> {
            outbox.enqueue(connection, TENANT, List.of(), notification("c", Severity.LOW));
            return null;
          });
      assertThat(there.claim(now, 10, Set.of()).get(0).sequence()).isGreaterThan(sequences.get(2));
    }
  }

  @Test
  void theBodyOfAWebhookThatTheFirstDeliveriesKeptIsRead() throws Exception {
    Notification notification =
        new StoredNotification(json)
            .read(
                UUID.randomUUID(),
                "{\"type\": \"t\", \"timestamp\": \"2026-11-20T10:00:00Z\","
                    + " \"data\": {\"text\": \"hello\", \"threshold\": 75}}")
            .orElseThrow();
    assertThat(notification.type()).isEqualTo("t");
    assertThat(notification.data()).containsEntry("threshold", 75);
    assertThat(new StoredNotification(json).read(UUID.randomUUID(), "{}")).isEmpty();
    assertThat(new StoredNotification(json).read(UUID.randomUUID(), "no JSON")).isEmpty();
  }

  private static UUID channel(String minSeverity) throws Exception {
    UUID id = tables.channel(TENANT);
    tables.execute(
        "UPDATE alerting.channels SET min_severity = ? WHERE channel_id = ?", minSeverity, id);
    return id;
  }

  private static UUID mailChannel(String... recipients) throws Exception {
    UUID id = UUID.randomUUID();
    tables.execute(
        "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, recipients, created_by)"
            + " VALUES (?, ?, 'test', 'email', ?, 'test')",
        id,
        TENANT,
        recipients);
    return id;
  }

  private void enqueue(String key, Severity severity) {
    enqueue(notification(key, severity));
  }

  private void enqueue(Notification notification) {
    database.asTenant(
        TENANT,
        connection -> {
          outbox.enqueue(connection, TENANT, List.of(), notification);
          return null;
        });
  }

  private static Notification notification(String key, Severity severity) {
    return notification("rule.firing", key, severity);
  }

  private static Notification notification(String type, String key, Severity severity) {
    return new Notification(
        type,
        Instant.EPOCH,
        severity,
        Notification.Status.FIRING,
        "A title",
        "A text.",
        key,
        Map.of(),
        List.of(),
        Map.of("text", "A text."));
  }

  private List<DeliveryQueue.Due> claim(Instant time) {
    return queue.claim(time, 10, Set.of());
  }

  private void finish(DeliveryQueue.Due due, DeliveryOutcome outcome, @Nullable Instant next) {
    queue.finish(due, outcome, now, now, next);
  }

  private Instant resting() throws Exception {
    return Instant.parse(
        text(
            "SELECT to_char(resting_until, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM alerting.channels"));
  }

  private static String text(String sql) throws Exception {
    return tables.texts(sql).get(0);
  }
}
