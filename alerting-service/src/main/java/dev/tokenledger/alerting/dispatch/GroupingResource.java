package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** How the notifications of the caller's tenant are put together. */
@Path("/v1/alerts/grouping")
@Blocking
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class GroupingResource {
  private static final String EXAMPLE =
      """
      {"group_by": ["agent"], "group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}""";

  /** As Alertmanager has them. */
  private static final Duration DEFAULT_WAIT = Duration.ofSeconds(30);

  private static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(5);
  private static final String SEVERITY = "severity";
  private static final int MAX_LABELS = 10;
  private static final int MAX_LABEL = 100;

  private final CurrentCaller caller;
  private final Database database;
  private final Clock clock;

  public GroupingResource(CurrentCaller caller, AlertingStart start, Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.clock = clock;
  }

  /**
   * The settings, with lengths of time such as {@code 30s}, {@code 5m} or {@code 4h}.
   *
   * @param groupBy labels whose values incidents of a group have in common, {@code source} among
   *     them; empty for no groups
   * @param groupWait how long the first of a group waits for others; up to an hour
   * @param groupInterval the least time between two messages of a group; up to seven days
   * @param repeatInterval after which an incident that nobody has acknowledged is told again; up to
   *     thirty days, {@code 0s} for never
   */
  public record Settings(
      @Nullable List<@Nullable String> groupBy,
      @Nullable String groupWait,
      @Nullable String groupInterval,
      @Nullable String repeatInterval) {

    private static Settings of(Grouping grouping) {
      return new Settings(
          List.copyOf(grouping.by()),
          DurationText.format(grouping.groupWait()),
          DurationText.format(grouping.groupInterval()),
          DurationText.format(grouping.repeatInterval()));
    }
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "How notifications are grouped",
      description = "Unless set, each transition is a message of its own, at once, told once.")
  public Settings get() {
    int tenantId = caller.get().tenantId();
    return Settings.of(
        database.asTenant(tenantId, connection -> Groupings.of(connection, tenantId)));
  }

  @PUT
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(
      summary = "Set how notifications are grouped",
      description =
          "Replaces all settings; {} goes back to the defaults. With 'group_by', the wait is 30s and"
              + " the interval 5m unless you say otherwise.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "By agent", value = EXAMPLE)))
  public Settings set(@Nullable Settings body) {
    if (body == null) {
      throw invalid("group_by", "The body is missing. Send the settings as JSON, or {}.");
    }
    Grouping grouping = grouping(body);
    Caller who = caller.get();
    database.asTenant(
        who.tenantId(),
        connection -> {
          Groupings.set(connection, who.tenantId(), grouping, who.actor(), clock.instant());
          return null;
        });
    return Settings.of(grouping);
  }

  private static Grouping grouping(Settings body) {
    List<String> by = labels(body.groupBy());
    Duration wait =
        span(
            "group_wait",
            body.groupWait(),
            by.isEmpty() ? Duration.ZERO : DEFAULT_WAIT,
            Grouping.LONGEST_WAIT);
    Duration interval =
        span(
            "group_interval",
            body.groupInterval(),
            by.isEmpty() ? Duration.ZERO : DEFAULT_INTERVAL,
            Grouping.LONGEST_INTERVAL);
    if (by.isEmpty() && !(wait.isZero() && interval.isZero())) {
      throw invalid(
          "group_by",
          "'group_wait' and 'group_interval' are about groups: say with 'group_by' what they are.");
    }
    Duration repeat =
        span("repeat_interval", body.repeatInterval(), Duration.ZERO, Grouping.LONGEST_REPEAT);
    return new Grouping(by, wait, interval, repeat);
  }

  private static List<String> labels(@Nullable List<@Nullable String> labels) {
    if (labels == null) {
      return List.of();
    }
    boolean valid =
        labels.size() <= MAX_LABELS
            && labels.stream().allMatch(l -> l != null && !l.isBlank() && l.length() <= MAX_LABEL);
    if (!valid) {
      throw invalid("group_by", "'group_by' has up to " + MAX_LABELS + " names of labels.");
    }
    if (labels.contains(SEVERITY)) {
      throw invalid(
          "group_by",
          "'group_by' cannot have 'severity': it changes as an incident escalates, and an incident"
              + " stays in the group in which it was told first.");
    }
    return labels.stream().map(String::valueOf).distinct().toList();
  }

  private static Duration span(
      String field, @Nullable String text, Duration otherwise, Duration longest) {
    if (text == null) {
      return otherwise;
    }
    Duration span;
    try {
      span = DurationText.parse(text);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "'" + field + "' must be a length of time such as 30s, 5m or 4h.",
              e)
          .with("field", field);
    }
    if (span.compareTo(longest) > 0) {
      throw invalid(field, "'" + field + "' is at most " + DurationText.format(longest) + ".");
    }
    return span;
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
