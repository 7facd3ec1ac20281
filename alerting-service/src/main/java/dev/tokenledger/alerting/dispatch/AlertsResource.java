package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.incident.HistoryEntry;
import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.incident.IncidentActions;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.incident.IncidentStatus;
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
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Incidents of the caller's tenant. */
@Path("/v1/alerts")
@Blocking
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class AlertsResource {
  private static final String ACKNOWLEDGE_EXAMPLE =
      """
      {"comment": "Looking into the retries of support-bot"}""";
  private static final String RESOLVE_EXAMPLE =
      """
      {"comment": "The agent was stopped"}""";
  private static final String ASSIGN_EXAMPLE =
      """
      {"assignee": "alice@example.com", "comment": "Your agent"}""";

  private static final int MAX_PAGE = 200;
  private static final int MAX_COMMENT = 2_000;
  private static final int MAX_ASSIGNEE = 200;

  /** Values of one filter; also of sources, of which there are a handful. */
  private static final int MAX_VALUES = 20;

  private final CurrentCaller caller;
  private final Database database;
  private final IncidentReader incidents;
  private final IncidentActions handling;
  private final Mutings mutings;
  private final Clock clock;

  public AlertsResource(
      CurrentCaller caller,
      AlertingStart start,
      IncidentReader incidents,
      IncidentActions handling,
      Mutings mutings,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.incidents = incidents;
    this.handling = handling;
    this.mutings = mutings;
    this.clock = clock;
  }

  /**
   * An incident as it is listed.
   *
   * @param type of the notification that it opened or escalated with
   * @param level grows when it gets worse; of a budget, the threshold in percent
   * @param sourceId of the budget or rule
   * @param lastSeenAt when its condition was last seen to hold, to half a minute
   * @param resolvedBy {@code system} when its condition ended
   * @param silenced whether a silence keeps it from being told
   * @param silencedBy the silences
   * @param inhibitedBy incidents of broader budgets that speak for it
   */
  public record Alert(
      UUID id,
      IncidentStatus status,
      Severity severity,
      int level,
      String source,
      @Nullable UUID sourceId,
      String type,
      String title,
      String text,
      Map<String, String> labels,
      @Nullable String assignee,
      Instant openedAt,
      Instant lastSeenAt,
      @Nullable Instant acknowledgedAt,
      @Nullable String acknowledgedBy,
      @Nullable Instant resolvedAt,
      @Nullable String resolvedBy,
      boolean silenced,
      List<UUID> silencedBy,
      List<UUID> inhibitedBy) {

    private static Alert of(Incident incident, Muting muting) {
      List<UUID> silencedBy = incident.isResolved() ? List.of() : muting.silencedBy(incident);
      return new Alert(
          incident.id(),
          incident.status(),
          incident.severity(),
          incident.level(),
          incident.source(),
          incident.sourceId(),
          incident.type(),
          incident.title(),
          incident.text(),
          incident.labels(),
          incident.assignee(),
          incident.openedAt(),
          incident.lastSeenAt(),
          incident.acknowledgedAt(),
          incident.acknowledgedBy(),
          incident.resolvedAt(),
          incident.resolvedBy(),
          !silencedBy.isEmpty(),
          silencedBy,
          incident.isResolved() ? List.of() : muting.inhibitedBy(incident));
    }
  }

  /** A page of incidents. */
  public record AlertPage(List<Alert> alerts, @Nullable String cursor) {}

  /**
   * An incident with all that is known of it.
   *
   * @param conditionHolds whether the condition holds as far as is known, also after somebody has
   *     resolved the incident
   * @param channels where it is told; empty for all of the tenant's channels
   * @param facts figures with their names, as people are shown them
   * @param data what the source says of it for programs, its explanation included
   * @param history the first entry first
   */
  public record AlertDetails(
      @JsonUnwrapped Alert alert,
      String key,
      boolean conditionHolds,
      List<UUID> channels,
      List<Notification.Fact> facts,
      Map<String, Object> data,
      List<HistoryEntry> history) {}

  /** What is said with an action. */
  public record Remark(@Nullable String comment) {}

  /**
   * Who is to take care of an incident.
   *
   * @param assignee any name; null for nobody
   */
  public record Assignment(@Nullable String assignee, @Nullable String comment) {}

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "List incidents",
      description = "The latest first. Filters may be repeated: status=open&status=acknowledged.")
  public AlertPage list(
      @Parameter(example = "critical") @QueryParam("severity") List<String> severity,
      @Parameter(example = "open") @QueryParam("status") List<String> status,
      @Parameter(example = "budget") @QueryParam("source") List<String> source,
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable UUID cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw invalidParameter("limit", "'limit' must be from 1 to " + MAX_PAGE + ".");
    }
    IncidentReader.Filter filter =
        new IncidentReader.Filter(
            values("status", status, IncidentStatus::of, IncidentStatus.values()),
            values("severity", severity, Severity::of, Severity.values()),
            sources(source));
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    return database.asTenant(
        tenantId,
        connection -> {
          List<Incident> found = incidents.page(connection, tenantId, filter, limit + 1, cursor);
          boolean more = found.size() > limit;
          List<Incident> page = more ? found.subList(0, limit) : found;
          Muting muting = mutings.at(connection, tenantId, now);
          return new AlertPage(
              page.stream().map(incident -> Alert.of(incident, muting)).toList(),
              more ? page.get(limit - 1).id().toString() : null);
        });
  }

  private static <T> Set<T> values(
      String parameter, List<String> labels, Function<String, T> parse, T[] all) {
    Set<T> values = new LinkedHashSet<>();
    for (String label : labels) {
      try {
        values.add(parse.apply(label));
      } catch (IllegalArgumentException e) {
        String known =
            Arrays.stream(all)
                .map(value -> value.toString().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        throw new ProblemException(
                ProblemCode.INVALID_PARAMETER, "'" + parameter + "' is one of " + known + ".", e)
            .with("parameter", parameter);
      }
    }
    return values;
  }

  private static Set<String> sources(List<String> sources) {
    if (sources.size() > MAX_VALUES) {
      throw invalidParameter("source", "'source' may be there up to " + MAX_VALUES + " times.");
    }
    return Set.copyOf(new LinkedHashSet<>(sources));
  }

  @GET
  @Path("/{id}")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "Get an incident", description = "With its history and explanation.")
  public AlertDetails get(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    return database.snapshotAsTenant(tenantId, connection -> details(connection, tenantId, id));
  }

  @POST
  @Path("/{id}/acknowledge")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(
      summary = "Acknowledge an incident",
      description =
          "Ends its reminders. It opens again if it gets worse. Twice is once; what is resolved"
              + " cannot be acknowledged.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "With a word", value = ACKNOWLEDGE_EXAMPLE)))
  public AlertDetails acknowledge(@PathParam("id") UUID id, @Nullable Remark body) {
    String comment = optional(body);
    return change(
        id,
        (connection, who) ->
            handling.acknowledge(connection, who.tenantId(), id, who.actor(), comment));
  }

  @POST
  @Path("/{id}/resolve")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(
      summary = "Resolve an incident",
      description =
          "Channels that were told of it are told. While its condition holds it does not open again,"
              + " unless it gets worse. Twice is once.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "With a word", value = RESOLVE_EXAMPLE)))
  public AlertDetails resolve(@PathParam("id") UUID id, @Nullable Remark body) {
    String comment = optional(body);
    return change(
        id,
        (connection, who) ->
            handling.resolve(connection, who.tenantId(), id, who.actor(), comment));
  }

  @POST
  @Path("/{id}/comment")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(summary = "Comment on an incident", description = "The comment joins its history.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "A comment", value = RESOLVE_EXAMPLE)))
  public AlertDetails comment(@PathParam("id") UUID id, @Nullable Remark body) {
    String comment = optional(body);
    if (comment == null) {
      throw invalid("comment", "'comment' is missing.");
    }
    return change(
        id,
        (connection, who) ->
            handling.comment(connection, who.tenantId(), id, who.actor(), comment));
  }

  @POST
  @Path("/{id}/assign")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(summary = "Assign an incident", description = "To any name, or with null to nobody.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "To somebody", value = ASSIGN_EXAMPLE)))
  public AlertDetails assign(@PathParam("id") UUID id, @Nullable Assignment body) {
    if (body == null) {
      throw invalid("assignee", "The body is missing. Send an assignee, or null for nobody.");
    }
    String assignee = text("assignee", body.assignee(), MAX_ASSIGNEE);
    String comment = text("comment", body.comment(), MAX_COMMENT);
    return change(
        id,
        (connection, who) ->
            handling.assign(connection, who.tenantId(), id, who.actor(), assignee, comment));
  }

  @FunctionalInterface
  private interface Action {
    void run(Connection connection, Caller who) throws SQLException;
  }

  private AlertDetails change(UUID id, Action action) {
    Caller who = caller.get();
    return database.asTenant(
        who.tenantId(),
        connection -> {
          action.run(connection, who);
          return details(connection, who.tenantId(), id);
        });
  }

  private AlertDetails details(Connection connection, int tenantId, UUID id) throws SQLException {
    Incident incident =
        incidents
            .find(connection, tenantId, id)
            .orElseThrow(
                () ->
                    new ProblemException(
                        ProblemCode.NOT_FOUND, "There is no incident with this id."));
    return new AlertDetails(
        Alert.of(incident, mutings.at(connection, tenantId, clock.instant())),
        incident.key(),
        incident.endedAt() == null,
        incident.channels(),
        incident.facts(),
        incident.data(),
        incidents.history(connection, tenantId, id));
  }

  private static @Nullable String optional(@Nullable Remark body) {
    return body == null ? null : text("comment", body.comment(), MAX_COMMENT);
  }

  private static @Nullable String text(String field, @Nullable String text, int most) {
    if (text == null || text.isBlank()) {
      return null;
    }
    if (text.length() > most) {
      throw invalid(field, "'" + field + "' has up to " + most + " characters.");
    }
    return text.strip();
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }

  private static ProblemException invalidParameter(String parameter, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", parameter);
  }
}
