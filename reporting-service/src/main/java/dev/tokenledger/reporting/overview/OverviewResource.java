package dev.tokenledger.reporting.overview;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tokenledger.platform.freshness.Freshness;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.QueryService;
import dev.tokenledger.reporting.query.QuestionGate;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** All that matters of a period on one page, against the period before. */
@Path("/v1/analytics/overview")
@Blocking
@RolesAllowed(Scope.READ_ROLE)
@Tag(name = "Analytics", description = "Ask the ledger")
public class OverviewResource {
  private static final List<String> MEASURES =
      List.of(
          "model_calls",
          "agent_runs",
          "errors",
          "success_rate",
          "input_tokens",
          "output_tokens",
          "cached_input_tokens",
          "cost_usd",
          "unpriced_calls",
          "latency_ms.avg",
          "latency_ms.p50",
          "latency_ms.p95",
          "latency_ms.p99",
          "active_users");

  private final CurrentCaller caller;
  private final QueryService queries;
  private final FreshnessReader freshness;
  private final Projection projection;
  private final QuestionGate gate;
  private final Clock clock;

  public OverviewResource(
      CurrentCaller caller,
      QueryService queries,
      FreshnessReader freshness,
      QuestionGate gate,
      Clock clock) {
    this.caller = caller;
    this.gate = gate;
    this.queries = queries;
    this.freshness = freshness;
    this.projection = new Projection(queries);
    this.clock = clock;
  }

  /** The stretch of time. */
  public record Span(Instant start, Instant end, String timezone) {}

  /** Latency of model calls in milliseconds; null where none was reported. */
  public record Latency(
      @Nullable Object avg, @Nullable Object p50, @Nullable Object p95, @Nullable Object p99) {}

  /**
   * @param successRate what is left of 1 after the share of errors in calls, runs and steps; null
   *     without any
   * @param unpricedCalls calls that the cost misses
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  public record Totals(
      @Nullable Object modelCalls,
      @Nullable Object agentRuns,
      @Nullable Object errors,
      @Nullable Object successRate,
      @Nullable Object inputTokens,
      @Nullable Object outputTokens,
      @Nullable Object cachedInputTokens,
      @Nullable Object costUsd,
      @Nullable Object unpricedCalls,
      Latency latencyMs,
      int activeAgents,
      @Nullable Object activeUsers) {}

  /** The overview. */
  public record Overview(
      Span period,
      Freshness freshness,
      Totals totals,
      Totals previous,
      Projection.Projected projection) {}

  @GET
  @Operation(
      summary = "Overview of a period",
      description =
          "Calls, runs, tokens, cost, latency, active agents and users, each beside the period of"
              + " the same length before, and the month's cost projected to its end.")
  public Overview overview(
      @Context RoutingContext connection,
      @Parameter(example = "24h") @QueryParam("period") @Nullable String period,
      @QueryParam("start") @Nullable String start,
      @QueryParam("end") @Nullable String end,
      @Parameter(example = "Europe/Berlin") @QueryParam("timezone") @Nullable String timezone,
      @QueryParam("project") List<String> projects,
      @QueryParam("environment") List<String> environments,
      @QueryParam("model") List<String> models,
      @QueryParam("agent") List<String> agents,
      @QueryParam("feature") List<String> features) {
    Instant now = clock.instant();
    Period asked = Period.of(period, start, end, timezone, now);
    Map<String, List<String>> filters = new LinkedHashMap<>();
    filter(filters, "project", projects);
    filter(filters, "environment", environments);
    filter(filters, "model", models);
    filter(filters, "agent", agents);
    filter(filters, "feature", features);
    int tenantId = caller.get().tenantId();
    return gate.ask(
        connection,
        cancellation ->
            new Overview(
                new Span(asked.start(), asked.end(), asked.zone().getId()),
                freshness.of(tenantId),
                totals(tenantId, asked, filters),
                totals(tenantId, asked.previous(), filters),
                projection.of(tenantId, asked.zone(), filters, now)));
  }

  private static void filter(
      Map<String, List<String>> filters, String dimension, List<String> values) {
    if (!values.isEmpty()) {
      filters.put(dimension, values);
    }
  }

  private Totals totals(int tenantId, Period period, Map<String, List<String>> filters) {
    Map<String, @Nullable Object> row = queries.totals(tenantId, period, filters, MEASURES);
    return new Totals(
        row.get("model_calls"),
        row.get("agent_runs"),
        row.get("errors"),
        row.get("success_rate"),
        row.get("input_tokens"),
        row.get("output_tokens"),
        row.get("cached_input_tokens"),
        row.get("cost_usd"),
        row.get("unpriced_calls"),
        new Latency(
            row.get("latency_ms.avg"),
            row.get("latency_ms.p50"),
            row.get("latency_ms.p95"),
            row.get("latency_ms.p99")),
        queries.distinct(tenantId, period, filters, "agent"),
        row.get("active_users"));
  }
}
