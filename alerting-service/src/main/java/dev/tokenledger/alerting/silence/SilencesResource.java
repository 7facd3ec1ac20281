package dev.tokenledger.alerting.silence;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.incident.Incidents;
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
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

/** Silences of the caller's tenant. */
@Path("/v1/alerts/silences")
@Blocking
@Tag(name = "Alerts", description = "Where notifications go, and what became of them")
public class SilencesResource {
  private static final String EXAMPLE =
      """
      {"matchers": [{"label": "agent", "operator": "=~", "value": "load-test-.*"},
                    {"label": "severity", "operator": "!=", "value": "critical"}],
       "starts_at": "2026-11-22T18:00:00Z", "ends_at": "2026-11-22T22:00:00Z",
       "comment": "Load test of the new agents"}""";

  private static final int MAX_MATCHERS = 10;
  private static final int MAX_COMMENT = 1_000;
  private static final Duration MAX_LENGTH = Duration.ofDays(366);
  private static final int MAX_PAGE = 200;

  private final CurrentCaller caller;
  private final Database database;
  private final Silences silences;
  private final Incidents incidents;
  private final Clock clock;

  public SilencesResource(
      CurrentCaller caller,
      AlertingStart start,
      Silences silences,
      Incidents incidents,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.silences = silences;
    this.incidents = incidents;
    this.clock = clock;
  }

  /**
   * A test of one label.
   *
   * @param label of the incident; also {@code severity} and {@code source}
   * @param operator {@code =}, {@code !=}, {@code =~} or {@code !~}
   * @param value what it is compared with; for the last two, a pattern of the whole value
   */
  public record MatcherBody(
      @Nullable String label, @Nullable String operator, @Nullable String value) {}

  /**
   * A silence to be made.
   *
   * @param startsAt inclusive; now when absent
   * @param endsAt exclusive
   */
  public record NewSilence(
      @Nullable List<@Nullable MatcherBody> matchers,
      @Nullable Instant startsAt,
      @Nullable Instant endsAt,
      @Nullable String comment) {}

  /**
   * A silence as it is shown.
   *
   * @param state {@code pending}, {@code active} or {@code expired}
   */
  public record SilenceView(
      UUID id,
      String state,
      List<MatcherBody> matchers,
      Instant startsAt,
      Instant endsAt,
      String comment,
      String createdBy,
      Instant createdAt,
      @Nullable String endedBy) {

    private static SilenceView of(Silence silence, Instant now) {
      return new SilenceView(
          silence.id(),
          silence.stateAt(now),
          silence.matchers().stream()
              .map(m -> new MatcherBody(m.label(), m.operator().sign(), m.value()))
              .toList(),
          silence.startsAt(),
          silence.endsAt(),
          silence.comment(),
          silence.createdBy(),
          silence.createdAt(),
          silence.endedBy());
    }
  }

  /** A page of silences. */
  public record SilencePage(List<SilenceView> silences, @Nullable String cursor) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(
      summary = "Create a silence",
      description =
          "Incidents that all matchers match are shown as silenced and make no notification until"
              + " the silence ends. What then still holds is told then. Patterns are RE2's and"
              + " match the whole value; a label that is not there is empty.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "A load test", value = EXAMPLE)))
  public SilenceView create(@Nullable NewSilence body) {
    if (body == null) {
      throw invalid("matchers", "The body is missing. Send a silence as JSON.");
    }
    Caller who = caller.get();
    Instant now = clock.instant();
    Silence silence = silence(body, who.actor(), now);
    if (!database.asTenant(
        who.tenantId(), connection -> silences.insert(connection, who.tenantId(), silence))) {
      throw new ProblemException(
          ProblemCode.CONFLICT,
          "There are " + Silences.MAX + " silences that have not ended. End some of them first.");
    }
    return SilenceView.of(silence, now);
  }

  private static Silence silence(NewSilence body, String actor, Instant now) {
    Instant startsAt = body.startsAt() == null ? now : body.startsAt();
    Instant endsAt = body.endsAt();
    if (endsAt == null) {
      throw invalid("ends_at", "'ends_at' is missing. Send a time: \"2026-11-20T22:00:00Z\".");
    }
    if (!endsAt.isAfter(startsAt) || !endsAt.isAfter(now)) {
      throw invalid("ends_at", "'ends_at' must be in the future and after 'starts_at'.");
    }
    if (endsAt.isAfter(now.plus(MAX_LENGTH)) || startsAt.isBefore(now.minus(MAX_LENGTH))) {
      throw invalid("ends_at", "A silence lies within " + MAX_LENGTH.toDays() + " days from now.");
    }
    String comment = body.comment() == null ? "" : body.comment().strip();
    if (comment.length() > MAX_COMMENT) {
      throw invalid("comment", "'comment' has up to " + MAX_COMMENT + " characters.");
    }
    return new Silence(
        UUID.randomUUID(), matchers(body.matchers()), startsAt, endsAt, comment, actor, now, null);
  }

  private static List<Matcher> matchers(@Nullable List<@Nullable MatcherBody> bodies) {
    if (bodies == null || bodies.isEmpty() || bodies.size() > MAX_MATCHERS) {
      throw invalid("matchers", "'matchers' has from 1 to " + MAX_MATCHERS + " entries.");
    }
    List<Matcher> matchers = new ArrayList<>();
    for (MatcherBody body : bodies) {
      if (body == null || body.label() == null || body.operator() == null || body.value() == null) {
        throw invalid("matchers", "A matcher has 'label', 'operator' and 'value'.");
      }
      try {
        matchers.add(new Matcher(body.label(), Matcher.Operator.of(body.operator()), body.value()));
      } catch (IllegalArgumentException e) {
        throw new ProblemException(
                ProblemCode.INVALID_FIELD,
                "The matcher of '" + body.label() + "' cannot be used: " + e.getMessage() + ".",
                e)
            .with("field", "matchers");
      }
    }
    if (matchers.stream().allMatch(Matcher::matchesNothing)) {
      throw invalid(
          "matchers",
          "These matchers also match what has none of their labels, and would silence everything."
              + " Name at least one value that is not empty.");
    }
    return matchers;
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List silences", description = "The latest start first.")
  public SilencePage list(
      @Parameter(description = "Those that are over, rather than those that are not.")
          @QueryParam("expired")
          @DefaultValue("false")
          boolean expired,
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable UUID cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    Instant now = clock.instant();
    List<Silence> found =
        database.asTenant(
            tenantId,
            connection -> silences.page(connection, tenantId, expired, now, limit + 1, cursor));
    boolean more = found.size() > limit;
    List<Silence> page = more ? found.subList(0, limit) : found;
    return new SilencePage(
        page.stream().map(silence -> SilenceView.of(silence, now)).toList(),
        more ? page.get(limit - 1).id().toString() : null);
  }

  @DELETE
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(204)
  @Operation(
      summary = "End a silence",
      description = "Now, or before it has started. It stays in the list of those that are over.")
  public void end(@PathParam("id") UUID id) {
    Caller who = caller.get();
    boolean found =
        database.asTenant(
            who.tenantId(),
            connection -> {
              boolean ended =
                  silences.end(connection, who.tenantId(), id, who.actor(), clock.instant());
              incidents.lookAgain(connection, who.tenantId());
              return ended;
            });
    if (!found) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "There is no silence with this id.");
    }
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
