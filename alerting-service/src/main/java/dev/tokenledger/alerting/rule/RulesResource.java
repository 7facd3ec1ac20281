package dev.tokenledger.alerting.rule;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.channel.NamedChannels;
import dev.tokenledger.alerting.explanation.Explanation;
import dev.tokenledger.alerting.explanation.Window;
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
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Rules of the caller's tenant. */
@Path("/v1/alerts/rules")
@Blocking
@Tag(name = "Alert rules", description = "What people want to be told of")
public class RulesResource {
  private static final String ABSOLUTE =
      """
      {"name": "Search spend", "measure": "cost_usd", "filters": {"project": ["search"]},
       "window": "1h", "operator": ">", "threshold": "200.00", "severity": "high"}""";

  private static final String CHANGE =
      """
      {"severity": "low", "enabled": false}""";

  private static final String SPIKE =
      """
      {"name": "Token spike of an agent", "measure": "total_tokens", "per": "agent", "window": "1h",
       "operator": ">", "change_percent": "200", "against": "same_window_yesterday",
       "minimum": 50, "timezone": "Europe/Berlin"}""";

  private static final String DEVIATIONS =
      """
      {"name": "Unusual number of calls", "measure": "model_calls", "window": "1h",
       "operator": ">", "deviations": "3", "windows": 7, "against": "same_window_yesterday",
       "for": "10m"}""";

  private static final String SILENCE =
      """
      {"name": "Production is silent", "measure": "model_calls",
       "filters": {"environment": ["production"]}, "window": "15m", "operator": "<",
       "threshold": "1", "severity": "critical"}""";

  private static final int MAX_RULES = 500;
  private static final int MAX_PAGE = 200;

  /** Series of a preview that are explained. */
  private static final int MAX_EXPLAINED = 3;

  private final CurrentCaller caller;
  private final Database database;
  private final RuleStore store;
  private final RuleEvaluation evaluation;
  private final NamedKeys keys;
  private final NamedChannels channels;
  private final Clock clock;

  RulesResource(
      CurrentCaller caller,
      AlertingStart start,
      RuleStore store,
      RuleEvaluation evaluation,
      NamedKeys keys,
      NamedChannels channels,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.store = store;
    this.evaluation = evaluation;
    this.keys = keys;
    this.channels = channels;
    this.clock = clock;
  }

  /**
   * A rule as it is shown.
   *
   * @param note what its last evaluation has to say beside its alerts, such as why it cannot be
   *     evaluated
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record RuleView(
      UUID id, @JsonUnwrapped RuleBody rule, @Nullable String note, Instant createdAt) {
    private static RuleView of(Rule rule) {
      return new RuleView(rule.id(), RuleBody.of(rule), rule.note(), rule.createdAt());
    }
  }

  /** A page of rules. */
  public record RulePage(List<RuleView> rules, @Nullable String cursor) {}

  /**
   * What a rule says of one series.
   *
   * @param series the value of the dimension that it is looked at by; absent without
   * @param outcome {@code holds}, {@code does_not_hold}, {@code no_data_holds}, {@code keeps},
   *     {@code no_data}, {@code too_few} or {@code no_baseline}
   * @param figures value, limit and volume
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SeriesView(
      @Nullable String series,
      String outcome,
      Map<String, Object> figures,
      @Nullable Map<String, Object> explanation) {}

  /**
   * What a rule says now.
   *
   * @param series those that hold first
   * @param note what should be known beside
   */
  public record Preview(
      @Nullable Instant windowStart,
      @Nullable Instant windowEnd,
      List<SeriesView> series,
      @Nullable String note) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(
      summary = "Create a rule",
      description =
          "A measure of the query API over a window, compared with an absolute limit, with an"
              + " earlier window, or with the mean of earlier windows. Its alerts say who accounts"
              + " for how much.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = {
                @ExampleObject(name = "An absolute limit", value = ABSOLUTE),
                @ExampleObject(name = "Growth, for each agent", value = SPIKE),
                @ExampleObject(name = "Mean and deviations", value = DEVIATIONS),
                @ExampleObject(name = "Silence", value = SILENCE)
              }))
  public RuleView create(@Nullable RuleBody body) {
    RuleBody sent = required(body);
    RuleParser.checkComplete(sent);
    Caller who = caller.get();
    Rule rule =
        RuleParser.changed(
            RuleStore.blank(UUID.randomUUID(), who.tenantId(), clock.instant()), sent);
    keys.check(who.tenantId(), "filters", rule.filters());
    channels.check(who.tenantId(), sent.channels());
    boolean room =
        database.asTenant(
            who.tenantId(), connection -> store.insert(connection, rule, who.actor(), MAX_RULES));
    if (!room) {
      throw new ProblemException(
          ProblemCode.CONFLICT, "There are " + MAX_RULES + " rules already. Delete one first.");
    }
    return RuleView.of(rule);
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List rules")
  public RulePage list(
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable UUID cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    List<Rule> rules =
        database.asTenant(
            tenantId, connection -> store.page(connection, tenantId, limit + 1, cursor));
    boolean more = rules.size() > limit;
    List<Rule> page = more ? rules.subList(0, limit) : rules;
    return new RulePage(
        page.stream().map(RuleView::of).toList(),
        more ? page.get(limit - 1).id().toString() : null);
  }

  @GET
  @Path("/{id}")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "Get a rule")
  public RuleView get(@PathParam("id") UUID id) {
    return RuleView.of(find(id));
  }

  @PATCH
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(
      summary = "Change a rule",
      description =
          "What is absent stays as it is. A rule that is disabled has its alerts resolved; one"
              + " whose condition is changed begins anew.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "Switch it off", value = CHANGE)))
  public RuleView change(@PathParam("id") UUID id, @Nullable RuleBody body) {
    RuleBody sent = required(body);
    int tenantId = caller.get().tenantId();
    if (sent.filters() != null) {
      keys.check(tenantId, "filters", RuleParser.filters(sent.filters()));
    }
    RuleParser.checkChannels(sent);
    channels.check(tenantId, sent.channels());
    return RuleView.of(
        database.asTenant(
            tenantId,
            connection -> {
              Rule before =
                  store.find(connection, tenantId, id).orElseThrow(RulesResource::notFound);
              Rule after = RuleParser.changed(before, sent);
              store.update(connection, after);
              if (!after.enabled()) {
                evaluation.end(connection, tenantId, id, "the rule was disabled");
              } else if (after.hasConditionOf(before)) {
                store.retell(connection, tenantId, id);
              } else {
                store.deleteStates(connection, tenantId, id);
              }
              return store.find(connection, tenantId, id).orElseThrow(RulesResource::notFound);
            }));
  }

  @DELETE
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(204)
  @Operation(summary = "Delete a rule", description = "Its alerts are resolved.")
  public void delete(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    boolean deleted =
        database.asTenant(
            tenantId,
            connection -> {
              boolean done = store.delete(connection, tenantId, id, clock.instant());
              if (done) {
                evaluation.end(connection, tenantId, id, "the rule was deleted");
              }
              return done;
            });
    if (!deleted) {
      throw notFound();
    }
  }

  @POST
  @Path("/{id}/preview")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "Evaluate a rule now",
      description = "Tells what the rule says of its latest window, without alerting anybody.")
  public Preview preview(@PathParam("id") UUID id) {
    Rule rule = find(id);
    Optional<Instant> through = evaluation.dataThrough(rule.tenantId());
    if (through.isEmpty()) {
      return new Preview(null, null, List.of(), "Nothing was ever reported.");
    }
    Window window = RuleEvaluation.window(rule, through.get());
    RuleReader.Found found = evaluation.look(rule, window);
    List<Map.Entry<String, RuleOutcome>> ordered =
        found.outcomes().entrySet().stream()
            .sorted(
                Comparator.comparing(
                    (Map.Entry<String, RuleOutcome> entry) -> !entry.getValue().kind().isHolding()))
            .toList();
    List<SeriesView> series = new ArrayList<>();
    for (Map.Entry<String, RuleOutcome> entry : ordered) {
      RuleOutcome outcome = entry.getValue();
      Optional<Explanation> explanation =
          outcome.kind().isHolding() && series.size() < MAX_EXPLAINED
              ? evaluation.explain(rule, entry.getKey(), window)
              : Optional.empty();
      series.add(
          new SeriesView(
              rule.per() == null ? null : entry.getKey(),
              outcome.kind().label(),
              RuleNotification.figures(rule, outcome),
              explanation.map(Explanation::data).orElse(null)));
    }
    return new Preview(window.start(), window.end(), series, found.note());
  }

  private Rule find(UUID id) {
    int tenantId = caller.get().tenantId();
    return database
        .asTenant(tenantId, connection -> store.find(connection, tenantId, id))
        .orElseThrow(RulesResource::notFound);
  }

  private static RuleBody required(@Nullable RuleBody body) {
    if (body == null) {
      throw RuleParser.invalid("name", "The body is missing. Send a rule as JSON.");
    }
    return body;
  }

  private static ProblemException notFound() {
    return new ProblemException(ProblemCode.NOT_FOUND, "There is no rule with this id.");
  }
}
