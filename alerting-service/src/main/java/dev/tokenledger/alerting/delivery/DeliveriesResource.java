package dev.tokenledger.alerting.delivery;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** What became of notifications. */
@Path("/v1/alerts/deliveries")
@Blocking
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class DeliveriesResource {
  private static final int MAX_PAGE = 200;

  private final CurrentCaller caller;
  private final Database database;

  public DeliveriesResource(CurrentCaller caller, AlertingStart start) {
    this.caller = caller;
    this.database = start.database();
  }

  /**
   * A notification to one channel.
   *
   * @param id also the {@code webhook-id} of its requests
   * @param status {@code pending}, {@code delivered} or {@code dead}
   * @param nextAttemptAt when it is tried next, while it is pending
   */
  public record Delivery(
      UUID id,
      UUID channel,
      String type,
      String status,
      int attempts,
      Instant createdAt,
      @Nullable Instant nextAttemptAt,
      @Nullable Instant deliveredAt,
      @Nullable Integer lastStatus,
      @Nullable String lastError) {}

  /** The latest notifications. */
  public record Deliveries(List<Delivery> deliveries) {}

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List deliveries", description = "The latest first.")
  public Deliveries list(@QueryParam("limit") @DefaultValue("50") int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    return database.asTenant(
        tenantId,
        connection -> {
          List<Delivery> deliveries = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT delivery_id, channel_id, type, status, attempts, created_at,"
                      + " CASE WHEN status = 'pending' THEN next_attempt_at END, delivered_at,"
                      + " last_status, last_error FROM alerting.deliveries WHERE tenant_id = ?"
                      + " ORDER BY created_at DESC, delivery_id LIMIT ?")) {
            select.setInt(1, tenantId);
            select.setInt(2, limit);
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                deliveries.add(
                    new Delivery(
                        row.getObject(1, UUID.class),
                        row.getObject(2, UUID.class),
                        row.getString(3),
                        row.getString(4),
                        row.getInt(5),
                        row.getTimestamp(6).toInstant(),
                        instant(row.getTimestamp(7)),
                        instant(row.getTimestamp(8)),
                        row.getObject(9, Integer.class),
                        row.getString(10)));
              }
            }
          }
          return new Deliveries(deliveries);
        });
  }

  @POST
  @Path("/{id}/replay")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(202)
  @Operation(summary = "Send a notification again", description = "With the same webhook-id.")
  public void replay(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    int found =
        database.asTenant(
            tenantId,
            connection -> {
              try (PreparedStatement update =
                  connection.prepareStatement(
                      "UPDATE alerting.deliveries SET status = 'pending', attempts = 0,"
                          + " next_attempt_at = now() WHERE tenant_id = ? AND delivery_id = ?")) {
                update.setInt(1, tenantId);
                update.setObject(2, id);
                return update.executeUpdate();
              }
            });
    if (found == 0) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "There is no delivery with this id.");
    }
  }

  private static @Nullable Instant instant(@Nullable Timestamp time) {
    return time == null ? null : time.toInstant();
  }
}
