package dev.tokenledger.alerting.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.Outcome;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveryQueueTest {
  private static final int TENANT = 1;
  private static final Duration LEASE = Duration.ofSeconds(20);
  private static final Outcome DELIVERED = new Outcome(Outcome.Kind.DELIVERED, 204, null, null);
  private static final Outcome FAILED = new Outcome(Outcome.Kind.FAILED, 503, "503", null);

  private final ObjectMapper json =
      new ObjectMapper()
          .registerModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  private final Outbox outbox = new Outbox(json);

  /** After whatever the database takes for now. */
  private final Instant now = Instant.now().plusSeconds(60).truncatedTo(ChronoUnit.MILLIS);

  private TestDatabase stores;
  private Database database;
  private DeliveryQueue queue;

  @BeforeEach
  void prepare() throws Exception {
    stores = TestDatabase.create();
    stores.migrations().migrate("alerting", List.of("V1__alerting.sql", "V2__channels.sql"));
    database = stores.databases().open(ServiceRole.ALERTING, 10);
    queue =
        new DeliveryQueue(
            database, new DeliveryQueue.Rests(3, Duration.ofMinutes(1), Duration.ofMinutes(3)));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void whatIsToldOfOneConditionKeepsItsOrderHoweverOftenTheFirstFails() {
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
  void anEarlierOneThatIsGivenUpHoldsNothingBack() {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:1", Severity.HIGH);
    DeliveryQueue.Due first = claim(now).get(0);
    finish(first, FAILED, null);
    assertThat(claim(now)).hasSize(1);
  }

  @Test
  void aChannelHasOneAtATimeAndOthersDoNotWaitForIt() {
    UUID one = channel("low");
    UUID other = channel("low");
    for (int i = 0; i < 5; i++) {
      enqueue("incident:" + i, Severity.HIGH);
    }
    List<DeliveryQueue.Due> due = claim(now);
    assertThat(due).extracting(DeliveryQueue.Due::channelId).containsExactlyInAnyOrder(one, other);
    assertThat(queue.claim(now, now.plus(LEASE), 10, Set.of(one)))
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
        new Outcome(Outcome.Kind.FAILED, 429, "429", Duration.ofSeconds(30)),
        now.plusSeconds(30));
    assertThat(resting()).isEqualTo(now.plusSeconds(30));
    assertThat(text("SELECT failures FROM alerting.channels")).isEqualTo("0");
  }

  @Test
  void aReceiverThatIsGoneGetsNothingMore() throws Exception {
    channel("low");
    enqueue("incident:1", Severity.HIGH);
    enqueue("incident:2", Severity.HIGH);
    finish(claim(now).get(0), new Outcome(Outcome.Kind.GONE, 410, "gone", null), null);
    assertThat(text("SELECT disabled_reason FROM alerting.channels")).isEqualTo("gone");
    assertThat(claim(now)).isEmpty();
    assertThat(text("SELECT count(*) FROM alerting.deliveries WHERE status = 'dead'"))
        .isEqualTo("2");
    enqueue("incident:3", Severity.HIGH);
    assertThat(text("SELECT count(*) FROM alerting.deliveries")).isEqualTo("2");
  }

  @Test
  void whatWasToldBeforeIsFoundTheLatestFirstAndOnlyIfItMayHaveArrived() {
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
              + "', 1, 'old', 'webhook', 'https://example.com/', '\\x01', 'test')");
      for (String key : List.of("a", "a", "b")) {
        statement.execute(
            "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload,"
                + " created_at) VALUES (gen_random_uuid(), 1, '"
                + channel
                + "', 't', '"
                + json.writeValueAsString(notification(key, Severity.LOW)).replace("'", "''")
                + "', clock_timestamp())");
      }
    }
    old.migrations().migrate("alerting", List.of("V1__alerting.sql", "V2__channels.sql"));
    try (Database migrated = old.databases().open(ServiceRole.ALERTING, 3)) {
      DeliveryQueue there = new DeliveryQueue(migrated, new DeliveryQueue.Rests(3, LEASE, LEASE));
      List<String> keys = new ArrayList<>();
      List<Long> sequences = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        DeliveryQueue.Due due = there.claim(now, now.plus(LEASE), 10, Set.of()).get(0);
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
      assertThat(there.claim(now, now.plus(LEASE), 10, Set.of()).get(0).sequence())
          .isGreaterThan(sequences.get(2));
    }
  }

  @Test
  void theBodyOfAWebhookThatTheFirstDeliveriesKeptIsRead() {
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

  private UUID channel(String minSeverity) {
    UUID id = UUID.randomUUID();
    database.asTenant(
        TENANT,
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(
                "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url,"
                    + " encrypted_secret, created_by, min_severity) VALUES ('"
                    + id
                    + "', 1, 'test', 'webhook', 'https://example.com/', '\\x01', 'test', '"
                    + minSeverity
                    + "')");
          }
        });
    return id;
  }

  private void enqueue(String key, Severity severity) {
    database.asTenant(
        TENANT,
        connection -> {
          outbox.enqueue(connection, TENANT, List.of(), notification(key, severity));
          return null;
        });
  }

  private static Notification notification(String key, Severity severity) {
    return new Notification(
        "incident.opened",
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
    return queue.claim(time, time.plus(LEASE), 10, Set.of());
  }

  private void finish(DeliveryQueue.Due due, Outcome outcome, @Nullable Instant next) {
    queue.finish(due, outcome, now, now, next);
  }

  private Instant resting() throws Exception {
    try (Connection connection = stores.asOwner();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT resting_until FROM alerting.channels")) {
      row.next();
      return row.getTimestamp(1).toInstant();
    }
  }

  private @Nullable String text(String sql) throws Exception {
    try (Connection connection = stores.asOwner();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
