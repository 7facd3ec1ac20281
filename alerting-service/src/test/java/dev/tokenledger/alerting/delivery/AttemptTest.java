package dev.tokenledger.alerting.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.Settings;
import dev.tokenledger.alerting.channel.ChannelSecrets;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import dev.tokenledger.alerting.receiver.Message;
import dev.tokenledger.alerting.receiver.Receiver;
import dev.tokenledger.alerting.receiver.Senders;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AttemptTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private static Vertx vertx;
  private static AlertingTables tables;

  private final ChannelSecrets secrets = secrets("key");
  private final DeliveryQueue queue =
      new DeliveryQueue(
          tables.database(),
          new DeliveryQueue.Bounds(3, Duration.ofSeconds(20), Duration.ofSeconds(120)),
          new DeliveryQueue.Rests(3, Duration.ofMinutes(1), Duration.ofMinutes(3)));

  @BeforeAll
  static void prepare() throws Exception {
    vertx = Vertx.vertx();
    tables = new AlertingTables();
  }

  @BeforeEach
  void empty() throws Exception {
    tables.empty();
  }

  @AfterAll
  static void close() {
    tables.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void aFormerSecretThatNobodyCanReadAnyMoreKeepsThePresentOneFromNothing() throws Exception {
    DeliveryQueue.Due due = due(secrets.encrypt("present"), secrets("lost").encrypt("former"));
    DeliveryOutcome outcome =
        attempt(receiver -> DeliveryOutcome.failed(receiver.secrets().toString())).make(due, NOW);
    assertThat(outcome.error()).isEqualTo("[present]");
  }

  @Test
  void withoutThePresentSecretNothingIsSent() throws Exception {
    DeliveryQueue.Due due = due(secrets("lost").encrypt("present"), secrets.encrypt("former"));
    DeliveryOutcome outcome =
        attempt(receiver -> DeliveryOutcome.failed(receiver.secrets().toString())).make(due, NOW);
    assertThat(outcome.error()).contains("cannot be decrypted");
  }

  @Test
  void whateverIsThrownIsAFailureUnlessTheJvmItselfFails() throws Exception {
    DeliveryQueue.Due due = due(secrets.encrypt("present"), secrets.encrypt("former"));
    DeliveryOutcome outcome =
        attempt(
                receiver -> {
                  throw new NoClassDefFoundError("missing");
                })
            .make(due, NOW);
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(outcome.error()).isEqualTo("not attempted: missing");
    Attempt failing =
        attempt(
            receiver -> {
              throw new OutOfMemoryError("made up");
            });
    assertThatThrownBy(() -> failing.make(due, NOW)).isInstanceOf(OutOfMemoryError.class);
  }

  private static ChannelSecrets secrets(String key) {
    return new ChannelSecrets(
        Settings.alerting(Map.of("tokenledger.alerting.secret-key", key)),
        Settings.platform("a password"));
  }

  private Attempt attempt(Function<Receiver, DeliveryOutcome> sending) {
    Senders senders =
        new Senders(vertx, Settings.alerting(Map.of()), AlertingTables.JSON, Clock.systemUTC()) {
          @Override
          public DeliveryOutcome send(Receiver receiver, Message message) {
            return sending.apply(receiver);
          }
        };
    return new Attempt(queue, secrets, senders, AlertingTables.JSON);
  }

  private DeliveryQueue.Due due(byte[] secret, byte[] former) throws Exception {
    UUID channel = tables.channel(AlertingTables.TENANT);
    tables.execute("UPDATE alerting.channels SET encrypted_secret = ?", secret);
    tables.execute(
        "INSERT INTO alerting.former_secrets (channel_id, tenant_id, encrypted_secret, valid_until)"
            + " VALUES (?, ?, ?, 'infinity')",
        channel,
        AlertingTables.TENANT,
        former);
    Notification notification =
        new Notification(
            "rule.firing",
            NOW,
            Severity.LOW,
            Notification.Status.FIRING,
            "A title",
            "A text.",
            "key",
            Map.of(),
            List.of(),
            Map.of());
    tables
        .database()
        .asTenant(
            AlertingTables.TENANT,
            connection -> {
              new Outbox(AlertingTables.JSON)
                  .enqueue(connection, AlertingTables.TENANT, List.of(), notification);
              return null;
            });
    return queue.claim(Instant.now().plusSeconds(60), 1, Set.of()).get(0);
  }
}
