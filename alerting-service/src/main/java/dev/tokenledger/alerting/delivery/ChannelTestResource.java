package dev.tokenledger.alerting.delivery;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** The test button of a channel. */
@Path("/v1/alerts/channels/{id}/test")
@Blocking
@RolesAllowed(Scope.ADMIN_ROLE)
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class ChannelTestResource {
  private static final String TEXT = "This is a test.";

  private final CurrentCaller caller;
  private final Database database;
  private final Outbox outbox;
  private final Clock clock;

  public ChannelTestResource(
      CurrentCaller caller, AlertingStart start, Outbox outbox, Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.outbox = outbox;
    this.clock = clock;
  }

  /** The deliveries that a test consists of, in their order. */
  public record Test(List<UUID> deliveries) {}

  @POST
  @ResponseStatus(202)
  @Operation(
      summary = "Send a test notification",
      description =
          "Whatever the channel's 'min_severity', and also when it rests or is disabled."
              + " GET /v1/alerts/deliveries/{id} tells what became of it. At PagerDuty and at an"
              + " Alertmanager the test is resolved at once.")
  public Test test(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    // A key of its own, so that it does not wait for an earlier test that failed.
    String key = "channel.test:" + UUID.randomUUID();
    return database.asTenant(
        tenantId,
        connection -> {
          ChannelType type = type(connection, tenantId, id);
          List<UUID> deliveries = new ArrayList<>();
          deliveries.add(
              outbox.enqueueAnyway(
                  connection, tenantId, id, test(key, now, Notification.Status.FIRING)));
          if (type.keepsConditions()) {
            deliveries.add(
                outbox.enqueueAnyway(
                    connection, tenantId, id, test(key, now, Notification.Status.RESOLVED)));
          }
          request(connection, deliveries);
          DeliveriesResource.wake(connection, id);
          return new Test(deliveries);
        });
  }

  /** Has deliveries sent whatever the channel's state. */
  private static void request(Connection connection, List<UUID> deliveries) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.deliveries SET requested = true WHERE delivery_id = ANY (?)")) {
      update.setArray(1, connection.createArrayOf("uuid", deliveries.toArray()));
      update.executeUpdate();
    }
  }

  private static ChannelType type(Connection connection, int tenantId, UUID id)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT type FROM alerting.channels"
                + " WHERE tenant_id = ? AND channel_id = ? AND deleted_at IS NULL")) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          return ChannelType.of(row.getString(1)).orElseThrow();
        }
      }
    }
    throw new ProblemException(ProblemCode.NOT_FOUND, "There is no channel with this id.");
  }

  private static Notification test(String key, Instant now, Notification.Status status) {
    return new Notification(
        "channel.test",
        now,
        Severity.LOW,
        status,
        "Test",
        TEXT,
        key,
        Map.of(),
        List.of(),
        Map.of("text", TEXT));
  }
}
