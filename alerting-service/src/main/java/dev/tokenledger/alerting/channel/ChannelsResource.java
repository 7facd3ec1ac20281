package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.delivery.AddressGuard;
import dev.tokenledger.alerting.delivery.ChannelSecrets;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.delivery.WebhookSignature;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.net.URI;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Channels of the caller's tenant. */
@Path("/v1/alerts/channels")
@Blocking
@RolesAllowed(Scope.ADMIN_ROLE)
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class ChannelsResource {
  private static final int SECRET_BYTES = 24;
  private static final int MAX_CHANNELS = 500;
  private static final String TEST_TEXT = "This is a test.";

  private final CurrentCaller caller;
  private final Database database;
  private final ChannelSecrets secrets;
  private final Outbox outbox;
  private final AddressGuard guard;
  private final Clock clock;

  public ChannelsResource(
      CurrentCaller caller,
      AlertingStart start,
      ChannelSecrets secrets,
      Outbox outbox,
      AlertingConfig config,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.secrets = secrets;
    this.outbox = outbox;
    this.guard = new AddressGuard(config.allowPrivateAddresses());
    this.clock = clock;
  }

  /**
   * A channel to be made.
   *
   * @param type {@code webhook}
   * @param url where requests go
   */
  public record NewChannel(@Nullable String name, @Nullable String type, @Nullable String url) {}

  /**
   * A channel just made.
   *
   * @param secret the secret that signatures are made with; shown this once
   */
  public record CreatedChannel(UUID id, String name, String type, String url, String secret) {}

  /** A channel as it is listed. */
  public record Channel(
      UUID id, String name, String type, String url, @Nullable String disabledReason) {}

  /** The tenant's channels. */
  public record Channels(List<Channel> channels) {}

  @POST
  @ResponseStatus(201)
  @Operation(
      summary = "Create a channel",
      description =
          "A webhook gets signed POST requests as Standard Webhooks has them. The secret is in this"
              + " answer and nowhere else.")
  public CreatedChannel create(@Nullable NewChannel body) {
    if (body == null || body.name() == null || body.name().isBlank()) {
      throw invalid("name", "'name' is missing.");
    }
    if (!"webhook".equals(body.type())) {
      throw invalid("type", "'type' must be webhook.");
    }
    URI url = url(body.url());
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    String secret = WebhookSignature.SECRET_PREFIX + Base64.getEncoder().encodeToString(random);
    UUID id = UUID.randomUUID();
    Caller who = caller.get();
    database.asTenant(
        who.tenantId(),
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url,"
                      + " encrypted_secret, created_by) VALUES (?, ?, ?, 'webhook', ?, ?, ?)")) {
            insert.setObject(1, id);
            insert.setInt(2, who.tenantId());
            insert.setString(3, body.name());
            insert.setString(4, url.toString());
            insert.setBytes(5, secrets.encrypt(secret));
            insert.setString(6, who.actor());
            return insert.executeUpdate();
          }
        });
    return new CreatedChannel(id, body.name(), "webhook", url.toString(), secret);
  }

  private URI url(@Nullable String text) {
    URI url;
    try {
      url = URI.create(text == null ? "" : text.strip());
    } catch (IllegalArgumentException e) {
      throw invalid("url", "'url' is not a URL.");
    }
    boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
    if (!http || url.getHost() == null || url.getUserInfo() != null) {
      throw invalid("url", "'url' must be an http or https URL with a host and no credentials.");
    }
    guard
        .refusal(url.getHost())
        .ifPresent(
            reason -> {
              throw invalid("url", "'url' cannot be used: " + reason + ".");
            });
    return url;
  }

  @GET
  @Operation(summary = "List channels")
  public Channels list() {
    int tenantId = caller.get().tenantId();
    return database.asTenant(
        tenantId,
        connection -> {
          List<Channel> channels = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT channel_id, name, type, url, disabled_reason FROM alerting.channels"
                      + " WHERE tenant_id = ? AND deleted_at IS NULL ORDER BY created_at LIMIT "
                      + MAX_CHANNELS)) {
            select.setInt(1, tenantId);
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                channels.add(
                    new Channel(
                        rows.getObject(1, UUID.class),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getString(4),
                        rows.getString(5)));
              }
            }
          }
          return new Channels(channels);
        });
  }

  @DELETE
  @Path("/{id}")
  @ResponseStatus(204)
  @Operation(summary = "Delete a channel")
  public void delete(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    int deleted =
        database.asTenant(
            tenantId,
            connection -> {
              try (PreparedStatement update =
                  connection.prepareStatement(
                      "UPDATE alerting.channels SET deleted_at = now()"
                          + " WHERE tenant_id = ? AND channel_id = ? AND deleted_at IS NULL")) {
                update.setInt(1, tenantId);
                update.setObject(2, id);
                return update.executeUpdate();
              }
            });
    if (deleted == 0) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "There is no channel with this id.");
    }
  }

  @POST
  @Path("/{id}/test")
  @ResponseStatus(202)
  @Operation(summary = "Send a test notification", description = "Look at the deliveries for it.")
  public void test(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    database.asTenant(
        tenantId,
        connection -> {
          outbox.enqueue(
              connection,
              tenantId,
              List.of(id),
              new Notification(
                  "channel.test",
                  now,
                  Severity.LOW,
                  Notification.Status.FIRING,
                  "Test",
                  TEST_TEXT,
                  "channel.test:" + id,
                  Map.of(),
                  List.of(),
                  Map.of("text", TEST_TEXT)));
          return null;
        });
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
