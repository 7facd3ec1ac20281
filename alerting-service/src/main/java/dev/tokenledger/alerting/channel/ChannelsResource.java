package dev.tokenledger.alerting.channel;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Channels of the caller's tenant. */
@Path("/v1/alerts/channels")
@Blocking
@RolesAllowed(Scope.ADMIN_ROLE)
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class ChannelsResource {
  private static final int MAX_CHANNELS = 500;
  private static final int MAX_PAGE = 200;

  /** More would make requests with a header that receivers refuse. */
  private static final int MAX_FORMER_SECRETS = 4;

  private static final String MASK = "…";

  private static final String WEBHOOK =
      """
      {"name": "ops", "type": "webhook", "url": "https://example.com/hook", "min_severity": "medium"}""";
  private static final String SLACK =
      """
      {"name": "Chat", "type": "slack", "url": "https://hooks.slack.com/services/T000/B000/XXXX"}""";
  private static final String EMAIL =
      """
      {"name": "Mail", "type": "email", "recipients": ["ops@example.com", "finance@example.com"]}""";
  private static final String PAGERDUTY =
      """
      {"name": "On call", "type": "pagerduty", "routing_key": "R0123456789ABCDEFGHIJKLMNOPQRSTU",
       "min_severity": "high"}""";
  private static final String ALERTMANAGER =
      """
      {"name": "Alertmanager", "type": "alertmanager", "url": "https://alerts.example.com",
       "username": "tokenledger", "password": "secret"}""";
  private static final String CHANGE =
      """
      {"min_severity": "critical", "enabled": true}""";

  private final CurrentCaller caller;
  private final Database database;
  private final ChannelStore store = new ChannelStore();
  private final ChannelSettings settings;
  private final Duration overlap;
  private final Clock clock;

  public ChannelsResource(
      CurrentCaller caller,
      AlertingStart start,
      ChannelSecrets secrets,
      AlertingConfig config,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.settings = new ChannelSettings(secrets, config, new SecureRandom());
    this.overlap = config.secretOverlap();
    this.clock = clock;
  }

  /** Whether a channel is sent to. */
  public enum State {
    ACTIVE,
    RESTING,
    DISABLED;

    @com.fasterxml.jackson.annotation.JsonValue
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * A channel as it is shown.
   *
   * @param url without what makes it a secret, where it is one
   * @param routingKey its last characters
   * @param recipients of an e-mail channel
   * @param password whether there is one; never what it is
   * @param state {@code active}, {@code resting} after failures, {@code disabled}
   * @param failures attempts that failed since the last that has not
   * @param secret the secret that signatures are made with; shown when the channel is created only
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Channel(
      UUID id,
      String name,
      ChannelType type,
      @Nullable String url,
      @Nullable String routingKey,
      @Nullable List<String> recipients,
      @Nullable String username,
      @Nullable String password,
      Severity minSeverity,
      State state,
      int failures,
      @Nullable Instant restingUntil,
      @Nullable String disabledReason,
      Instant createdAt,
      Instant updatedAt,
      @Nullable String secret) {}

  /**
   * A page of channels.
   *
   * @param cursor what to send for the next page, or null at the end
   */
  public record ChannelPage(List<Channel> channels, @Nullable String cursor) {}

  /**
   * A new secret.
   *
   * @param secret shown this once
   * @param formerValidUntil requests are signed with the former secret, too, until then
   */
  public record NewSecret(UUID id, String secret, Instant formerValidUntil) {}

  @POST
  @ResponseStatus(201)
  @Operation(
      summary = "Create a channel",
      description =
          "Which fields it has depends on its type. A webhook gets signed POST requests as Standard"
              + " Webhooks has them; its secret is in this answer and nowhere else. Secrets that are"
              + " sent here are never shown again.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = {
                @ExampleObject(name = "Webhook", value = WEBHOOK),
                @ExampleObject(name = "Slack", value = SLACK),
                @ExampleObject(name = "E-mail", value = EMAIL),
                @ExampleObject(name = "PagerDuty", value = PAGERDUTY),
                @ExampleObject(name = "Alertmanager", value = ALERTMANAGER)
              }))
  public Channel create(@Nullable ChannelBody body) {
    Instant now = clock.instant();
    ChannelSettings.Made made = settings.create(required(body), now);
    Caller who = caller.get();
    database.asTenant(
        who.tenantId(),
        connection -> {
          if (store.count(connection, who.tenantId()) >= MAX_CHANNELS) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "There are " + MAX_CHANNELS + " channels already; delete some that are not used.");
          }
          store.insert(connection, who.tenantId(), made.channel(), who.actor());
          return null;
        });
    return view(made.channel(), now, made.newSecret());
  }

  @GET
  @Operation(summary = "List channels", description = "The oldest first.")
  public ChannelPage list(
      @Parameter(description = "From 1 to 200") @QueryParam("limit") @DefaultValue("50") int limit,
      @Parameter(description = "As the page before gave it") @QueryParam("cursor")
          @Nullable String cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw parameter("limit", "'limit' must be from 1 to " + MAX_PAGE + ".");
    }
    UUID after = cursor(cursor);
    int tenantId = caller.get().tenantId();
    List<StoredChannel> channels =
        database.asTenant(
            tenantId, connection -> store.page(connection, tenantId, limit + 1, after));
    boolean more = channels.size() > limit;
    List<StoredChannel> page = more ? channels.subList(0, limit) : channels;
    Instant now = clock.instant();
    return new ChannelPage(
        page.stream().map(channel -> view(channel, now, null)).toList(),
        more ? page.get(limit - 1).id().toString() : null);
  }

  private static @Nullable UUID cursor(@Nullable String text) {
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw parameter("cursor", "'cursor' must be one that an earlier answer gave.");
    }
  }

  @GET
  @Path("/{id}")
  @Operation(
      summary = "Get a channel",
      description =
          "With its state: a channel rests after some failures in a row, for longer each time, and"
              + " is disabled when its receiver says that it is gone.")
  public Channel get(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    return database
        .asTenant(tenantId, connection -> store.find(connection, tenantId, id))
        .map(channel -> view(channel, clock.instant(), null))
        .orElseThrow(ChannelsResource::notFound);
  }

  @PATCH
  @Path("/{id}")
  @Operation(
      summary = "Change a channel",
      description =
          "What is absent stays as it is; the type cannot be changed. A channel that rests or is"
              + " disabled goes on with another address, or with 'enabled'.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "Severity", value = CHANGE)))
  public Channel change(@PathParam("id") UUID id, @Nullable ChannelBody body) {
    ChannelBody change = required(body);
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    settings.checkAddress(change);
    StoredChannel changed =
        database.asTenant(
            tenantId,
            connection -> {
              StoredChannel channel =
                  store.lock(connection, tenantId, id).orElseThrow(ChannelsResource::notFound);
              StoredChannel next = settings.change(channel, change, now);
              store.update(connection, tenantId, next);
              if (Boolean.FALSE.equals(change.enabled())) {
                store.takeBackRequests(connection, id);
              }
              return next;
            });
    return view(changed, now, null);
  }

  @DELETE
  @Path("/{id}")
  @ResponseStatus(204)
  @Operation(summary = "Delete a channel", description = "What waits for it is given up.")
  public void delete(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    if (!database.asTenant(tenantId, connection -> store.delete(connection, tenantId, id))) {
      throw notFound();
    }
  }

  @POST
  @Path("/{id}/rotate")
  @Operation(
      summary = "Give a webhook a new secret",
      description =
          "The secret is in this answer and nowhere else. Until 'former_valid_until' requests are"
              + " signed with the former secret as well, so that the receiver can change over"
              + " without losing one.")
  public NewSecret rotate(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    Instant validUntil = now.plus(overlap);
    String secret = settings.newSecret();
    return database.asTenant(
        tenantId,
        connection -> {
          StoredChannel channel =
              store.lock(connection, tenantId, id).orElseThrow(ChannelsResource::notFound);
          byte[] former = channel.encryptedSecret();
          if (channel.type() != ChannelType.WEBHOOK || former == null) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "Only webhooks have a secret that is made here. Send the new one of this channel"
                    + " with PATCH.");
          }
          if (store.formerSecrets(connection, id, now) >= MAX_FORMER_SECRETS) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "The secret was rotated "
                    + MAX_FORMER_SECRETS
                    + " times within the overlap. Wait until the oldest is no longer valid.");
          }
          store.addFormerSecret(connection, tenantId, id, former, validUntil);
          store.update(connection, tenantId, settings.withSecret(channel, secret, now));
          return new NewSecret(id, secret, validUntil);
        });
  }

  private static Channel view(StoredChannel channel, Instant now, @Nullable String secret) {
    boolean rests = channel.restingUntil() != null && channel.restingUntil().isAfter(now);
    return new Channel(
        channel.id(),
        channel.name(),
        channel.type(),
        channel.type() == ChannelType.SLACK ? channel.secretHint() : channel.url(),
        channel.type() == ChannelType.PAGERDUTY ? channel.secretHint() : null,
        channel.recipients().isEmpty() ? null : channel.recipients(),
        channel.username(),
        channel.username() != null && channel.encryptedSecret() != null ? MASK : null,
        channel.minSeverity(),
        channel.disabledReason() != null ? State.DISABLED : rests ? State.RESTING : State.ACTIVE,
        channel.failures(),
        rests ? channel.restingUntil() : null,
        channel.disabledReason(),
        channel.createdAt(),
        channel.updatedAt(),
        secret);
  }

  private static ChannelBody required(@Nullable ChannelBody body) {
    if (body == null) {
      throw new ProblemException(ProblemCode.MALFORMED_BODY, "The body is missing.");
    }
    return body;
  }

  private static ProblemException parameter(String name, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", name);
  }

  private static ProblemException notFound() {
    return new ProblemException(ProblemCode.NOT_FOUND, "There is no channel with this id.");
  }
}
