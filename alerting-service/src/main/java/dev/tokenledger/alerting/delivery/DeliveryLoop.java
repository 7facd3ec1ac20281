package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.platform.database.Database;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Sends what is due, one after the other, on a thread of its own.
 *
 * <p>A delivery is claimed by moving its next attempt beyond the longest time that this attempt can
 * take, and only then sent: of several processes one sends it. A process that dies after sending
 * and before noting it leaves the claim to run out, and the same delivery is sent again with the
 * same {@code webhook-id}, by which a receiver knows it; nothing is lost, and nothing else is sent
 * twice.
 */
@ApplicationScoped
public class DeliveryLoop {
  private static final Logger LOG = Logger.getLogger(DeliveryLoop.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final int MAX_ERROR = 300;

  private final Database database;
  private final AlertingStart start;
  private final AlertingConfig config;
  private final ChannelSecrets secrets;
  private final WebhookSender sender;
  private final ObjectMapper json;
  private final Clock clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "delivery");

  public DeliveryLoop(
      AlertingStart start,
      AlertingConfig config,
      ChannelSecrets secrets,
      ObjectMapper json,
      Clock clock) {
    this.database = start.database();
    this.start = start;
    this.config = config;
    this.secrets = secrets;
    this.sender =
        new WebhookSender(
            new AddressGuard(config.allowPrivateAddresses()), config.deliveryTimeout());
    this.json = json;
    this.clock = clock;
  }

  void begin(@Observes StartupEvent event) {
    thread.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    stopped.countDown();
    thread.join(config.deliveryTimeout().toMillis() + 1_000);
  }

  private record Due(
      UUID id,
      int tenantId,
      UUID channelId,
      int attempts,
      String payload,
      String url,
      byte[] secret) {}

  private void run() {
    try {
      while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        if (start.isDone()) {
          sendAllDue();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sendAllDue() {
    try {
      Optional<Due> due = claim();
      while (due.isPresent() && stopped.getCount() > 0) {
        send(due.get());
        due = claim();
      }
    } catch (RuntimeException e) {
      LOG.warnf("deliveries wait: %s", e.getMessage());
      LOG.debugf(e, "delivery");
    }
  }

  private Optional<Due> claim() {
    Instant now = clock.instant();
    Instant lease = now.plus(config.deliveryTimeout().multipliedBy(2));
    return database.asService(
        connection -> {
          try (PreparedStatement claim =
              connection.prepareStatement(
                  "UPDATE alerting.deliveries d SET next_attempt_at = ?, attempts = attempts + 1"
                      + " FROM alerting.channels c WHERE c.channel_id = d.channel_id"
                      + " AND d.delivery_id = (SELECT delivery_id FROM alerting.deliveries"
                      + " WHERE status = 'pending' AND next_attempt_at <= ?"
                      + " ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
                      + " RETURNING d.delivery_id, d.tenant_id, d.channel_id, d.attempts,"
                      + " d.payload, c.url, c.encrypted_secret")) {
            claim.setTimestamp(1, Timestamp.from(lease));
            claim.setTimestamp(2, Timestamp.from(now));
            try (ResultSet row = claim.executeQuery()) {
              return row.next()
                  ? Optional.of(
                      new Due(
                          row.getObject(1, UUID.class),
                          row.getInt(2),
                          row.getObject(3, UUID.class),
                          row.getInt(4),
                          row.getString(5),
                          row.getString(6),
                          row.getBytes(7)))
                  : Optional.empty();
            }
          }
        });
  }

  private void send(Due due) {
    WebhookSender.Outcome outcome =
        sender.send(
            URI.create(due.url),
            secrets.decrypt(due.secret),
            due.id.toString(),
            clock.instant(),
            body(due));
    if (outcome.delivered()) {
      finish(due, "delivered", null, outcome);
    } else if (outcome.isGone() || due.attempts >= config.deliveryAttempts()) {
      finish(due, "dead", null, outcome);
      if (outcome.isGone()) {
        disable(due);
      }
    } else {
      finish(due, "pending", clock.instant().plus(pause(due.attempts, outcome)), outcome);
    }
  }

  /** What a webhook carries: {@code type}, {@code timestamp} and {@code data}. */
  private String body(Due due) {
    try {
      Notification notification = json.readValue(due.payload, Notification.class);
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("type", notification.type());
      body.put("timestamp", notification.timestamp().toString());
      body.put("data", notification.data());
      return json.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("delivery " + due.id + " is not the JSON we wrote", e);
    }
  }

  /** Doubles from attempt to attempt, with full jitter; never shorter than the receiver asks. */
  private Duration pause(int attempts, WebhookSender.Outcome outcome) {
    Duration most = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts - 1, 20));
    most = most.compareTo(config.longestPause()) > 0 ? config.longestPause() : most;
    Duration pause = Duration.ofMillis(ThreadLocalRandom.current().nextLong(most.toMillis()) + 1);
    Duration asked = outcome.retryAfter();
    return asked == null || asked.compareTo(pause) < 0
        ? pause
        : asked.compareTo(config.longestPause()) > 0 ? config.longestPause() : asked;
  }

  private void finish(
      Due due,
      String status,
      @org.jspecify.annotations.Nullable Instant next,
      WebhookSender.Outcome outcome) {
    String error = outcome.error();
    if (error != null) {
      LOG.warnf(
          "delivery %s to channel %s, attempt %d: %s", due.id, due.channelId, due.attempts, error);
    }
    database.asService(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE alerting.deliveries SET status = ?,"
                      + " next_attempt_at = coalesce(?, next_attempt_at),"
                      + " delivered_at = CASE WHEN ? = 'delivered' THEN now() END,"
                      + " last_status = ?, last_error = ? WHERE delivery_id = ?")) {
            update.setString(1, status);
            update.setTimestamp(2, next == null ? null : Timestamp.from(next));
            update.setString(3, status);
            update.setObject(4, outcome.status(), java.sql.Types.INTEGER);
            update.setString(
                5,
                error == null || error.length() <= MAX_ERROR
                    ? error
                    : error.substring(0, MAX_ERROR));
            update.setObject(6, due.id);
            return update.executeUpdate();
          }
        });
  }

  private void disable(Due due) {
    database.asService(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE alerting.channels SET disabled_reason = 'the receiver answered 410 Gone'"
                      + " WHERE channel_id = ?")) {
            update.setObject(1, due.channelId);
            return update.executeUpdate();
          }
        });
  }
}
