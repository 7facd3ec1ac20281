package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** What became of notifications. */
@Path("/v1/alerts/deliveries")
@Blocking
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class DeliveriesResource {
  private static final int MAX_PAGE = 200;
  private static final Set<String> STATUSES = Set.of("pending", "delivered", "dead");
  private static final Pattern CURSOR = Pattern.compile("\\d{1,18}");

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
   * @param attempts since it was written or last replayed
   * @param nextAttemptAt when it is tried next, while it is pending and its channel neither rests
   *     nor is disabled
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

  /**
   * A page of deliveries.
   *
   * @param cursor what to send for the next page, or null at the end
   */
  public record DeliveryPage(List<Delivery> deliveries, @Nullable String cursor) {}

  /**
   * One attempt.
   *
   * @param outcome {@code delivered}, {@code failed} (and tried again), {@code refused} or {@code
   *     gone} (and given up); null while it is under way, or if its process died meanwhile
   * @param status of HTTP or SMTP, if there was an answer
   */
  @Schema(name = "DeliveryAttempt")
  public record Attempted(
      Instant time,
      @Nullable Long durationMs,
      @Nullable String outcome,
      @Nullable Integer status,
      @Nullable String error) {}

  /**
   * A delivery with all that is known of it.
   *
   * @param notification what is told, as it is stored
   * @param log every attempt, the first first
   */
  public record DeliveryDetail(
      @JsonUnwrapped Delivery delivery,
      @JsonRawValue @Schema(implementation = Object.class) String notification,
      List<Attempted> log) {}

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "List deliveries",
      description = "The latest first. The dead letters are those with status=dead.")
  public DeliveryPage list(
      @Parameter(description = "From 1 to 200") @QueryParam("limit") @DefaultValue("50") int limit,
      @Parameter(description = "As the page before gave it") @QueryParam("cursor")
          @Nullable String cursor,
      @Parameter(description = "pending, delivered or dead", example = "dead") @QueryParam("status")
          @Nullable String status,
      @Parameter(description = "Only to this channel") @QueryParam("channel")
          @Nullable String channel) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw invalid("limit", "'limit' must be from 1 to " + MAX_PAGE + ".");
    }
    if (status != null && !STATUSES.contains(status)) {
      throw invalid("status", "'status' must be pending, delivered or dead.");
    }
    if (cursor != null && !CURSOR.matcher(cursor).matches()) {
      throw invalid("cursor", "'cursor' must be one that an earlier answer gave.");
    }
    UUID channelId = channel(channel);
    Long before = cursor == null ? null : Long.valueOf(cursor);
    int tenantId = caller.get().tenantId();
    List<DeliveryLog.Entry> entries =
        database.asTenant(
            tenantId,
            connection ->
                DeliveryLog.page(connection, tenantId, limit + 1, status, channelId, before));
    boolean more = entries.size() > limit;
    List<DeliveryLog.Entry> page = more ? entries.subList(0, limit) : entries;
    return new DeliveryPage(
        page.stream().map(DeliveryLog.Entry::delivery).toList(),
        more ? Long.toString(page.get(limit - 1).sequence()) : null);
  }

  private static @Nullable UUID channel(@Nullable String text) {
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw invalid("channel", "'channel' must be the id of a channel.");
    }
  }

  @GET
  @Path("/{id}")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "Get a delivery",
      description =
          "With what was to be told, and every attempt: its time, status, error and length.")
  public DeliveryDetail get(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    return database
        .asTenant(tenantId, connection -> DeliveryLog.find(connection, tenantId, id))
        .orElseThrow(DeliveriesResource::notFound);
  }

  @POST
  @Path("/{id}/replay")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(202)
  @Operation(
      summary = "Send a notification again",
      description =
          "With the same webhook-id, at once, also to a channel that rests or is disabled. What is"
              + " told says what was true then: after a replay a receiver may take something for"
              + " open that is over.")
  public void replay(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    database.asTenant(
        tenantId,
        connection -> {
          replay(connection, tenantId, id);
          return null;
        });
  }

  private static void replay(Connection connection, int tenantId, UUID id) throws SQLException {
    UUID channel;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT c.channel_id, c.deleted_at IS NOT NULL FROM alerting.deliveries d"
                + " JOIN alerting.channels c USING (channel_id)"
                + " WHERE d.tenant_id = ? AND d.delivery_id = ?")) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          throw notFound();
        }
        if (row.getBoolean(2)) {
          throw new ProblemException(
              ProblemCode.CONFLICT, "The channel of this delivery was deleted.");
        }
        channel = row.getObject(1, UUID.class);
      }
    }
    wake(connection, channel);
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.deliveries SET status = 'pending', attempts = 0, claim = NULL,"
                + " next_attempt_at = now(), requested = true WHERE delivery_id = ?"
                // One that is being sent just now is left alone.
                + " AND (claim IS NULL OR next_attempt_at <= now())")) {
      update.setObject(1, id);
      update.executeUpdate();
    }
  }

  /** Ends a channel's rest, since somebody asks for it. */
  static void wake(Connection connection, UUID channel) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.channels SET resting_until = NULL WHERE channel_id = ?")) {
      update.setObject(1, channel);
      update.executeUpdate();
    }
  }

  private static ProblemException invalid(String parameter, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", parameter);
  }

  private static ProblemException notFound() {
    return new ProblemException(ProblemCode.NOT_FOUND, "There is no delivery with this id.");
  }
}
