package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.platform.freshness.Freshness;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryDimension;
import dev.tokenledger.platform.query.QueryMeasure;
import dev.tokenledger.platform.query.QueryService;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The general query API. */
@Path("/v1/analytics")
@Blocking
@RolesAllowed(Scope.READ_ROLE)
@Tag(name = "Analytics", description = "Ask the ledger")
public class QueryResource {
  private static final String EXAMPLE =
      """
      {"measures": ["model_calls", "cost_usd", "latency_ms.p95"], "dimensions": ["model"],
       "granularity": "none", "filters": {"environment": ["production"]}, "period": "7d",
       "order_by": "-cost_usd", "limit": 10, "compare": "previous_period"}""";

  private static final int MAX_VALUES = 1_000;

  private final CurrentCaller caller;
  private final QueryService queries;
  private final FreshnessReader freshness;
  private final QuestionGate gate;
  private final Clock clock;

  public QueryResource(
      CurrentCaller caller,
      QueryService queries,
      FreshnessReader freshness,
      QuestionGate gate,
      Clock clock) {
    this.caller = caller;
    this.queries = queries;
    this.freshness = freshness;
    this.gate = gate;
    this.clock = clock;
  }

  /** A question as it is asked. */
  public record Question(
      @Nullable List<String> measures,
      @Nullable List<String> dimensions,
      @Nullable String granularity,
      @Nullable Map<String, List<String>> filters,
      @Nullable String period,
      @Nullable String start,
      @Nullable String end,
      @Nullable String timezone,
      @Nullable String orderBy,
      @Nullable Integer limit,
      @Nullable String compare) {}

  /** The stretch of time that the rows cover: the asked one, in whole buckets. */
  public record Covered(Instant start, Instant end, String timezone) {}

  /**
   * @param rows a key for each dimension and measure; {@code time} is the start of the bucket
   * @param cuboid the rollups that the answer was read from, or {@code events}
   * @param warnings what a reader of the rows should know
   */
  public record Reply(
      @Schema(type = SchemaType.ARRAY, implementation = Map.class) AnswerRows rows,
      Covered period,
      String cuboid,
      List<String> warnings,
      Freshness freshness) {}

  /** Values of a dimension. */
  public record Values(List<String> values) {}

  @POST
  @Path("/query")
  @Operation(
      summary = "Ask for any measures by any dimensions",
      description =
          "Measures, dimensions, filters, granularity, time zone, order, limit and comparison with"
              + " the period before. What a limit leaves out is added up in a row (other), so that"
              + " the rows add up to the whole. Money is a decimal string in USD with nine places.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "Models", value = EXAMPLE)))
  public Reply query(@Context RoutingContext connection, @Nullable Question question) {
    if (question == null) {
      throw Query.invalid("measures", "The body is missing. Send a query as JSON.");
    }
    String orderBy = question.orderBy();
    boolean descending = orderBy != null && orderBy.startsWith("-");
    Query query =
        new Query(
            Query.measures(question.measures()),
            Query.dimensions(question.dimensions()),
            Query.filters(question.filters()),
            Query.granularity(question.granularity()),
            Period.of(
                question.period(),
                question.start(),
                question.end(),
                question.timezone(),
                clock.instant()),
            descending ? orderBy.substring(1) : orderBy,
            descending,
            Query.limit(question.limit()),
            compare(question.compare()));
    int tenantId = caller.get().tenantId();
    Freshness fresh = freshness.of(tenantId);
    QueryService.Answer answer =
        gate.ask(
            connection,
            cancellation -> queries.answer(tenantId, withUnpriced(query), cancellation));
    return new Reply(
        new AnswerRows(answer, gate, connection),
        new Covered(answer.effectiveStart(), answer.effectiveEnd(), query.period().zone().getId()),
        answer.cuboid(),
        warnings(query, answer, fresh),
        fresh);
  }

  /**
   * A query for money also asks for the calls that have no price: a total must say what it lacks.
   */
  private static Query withUnpriced(Query query) {
    boolean money = query.measures().stream().anyMatch(m -> m.name().endsWith("cost_usd"));
    boolean asked = query.measures().stream().anyMatch(m -> m.name().equals("unpriced_calls"));
    if (!money || asked) {
      return query;
    }
    List<QueryMeasure> measures = new ArrayList<>(query.measures());
    measures.addAll(Query.measures(List.of("unpriced_calls")));
    return new Query(
        measures,
        query.dimensions(),
        query.filters(),
        query.granularity(),
        query.period(),
        query.orderBy(),
        query.descending(),
        query.limit(),
        query.compare());
  }

  private static List<String> warnings(
      Query query, QueryService.Answer answer, Freshness freshness) {
    List<String> warnings = new ArrayList<>();
    if (answer.unpricedCalls() > 0) {
      warnings.add(
          answer.unpricedCalls()
              + " calls have no price yet; costs are lower bounds. GET /v1/prices tells more.");
    }
    if (!answer.effectiveStart().equals(query.period().start())
        || !answer.effectiveEnd().equals(query.period().end())) {
      warnings.add("The period was widened to whole buckets; 'period' says to which.");
    }
    if (freshness.stale()) {
      warnings.add("The numbers are stale: events wait to be settled.");
    }
    return warnings;
  }

  private static boolean compare(@Nullable String compare) {
    if (compare == null || compare.equals("none")) {
      return false;
    }
    if (compare.equals("previous_period")) {
      return true;
    }
    throw Query.invalid("compare", "'compare' is previous_period or none.");
  }

  @GET
  @Path("/dimensions/{dimension}/values")
  @Operation(summary = "List values of a dimension", description = "For pickers, in order.")
  public Values values(
      @PathParam("dimension") String dimension,
      @QueryParam("prefix") @DefaultValue("") String prefix,
      @QueryParam("limit") @DefaultValue("100") int limit) {
    if (limit < 1 || limit > MAX_VALUES) {
      throw Query.invalid("limit", "'limit' must be from 1 to " + MAX_VALUES + ".");
    }
    QueryDimension found = Query.dimensions(List.of(dimension)).get(0);
    Dimension stored = found.dimension();
    return new Values(queries.values(caller.get().tenantId(), stored, prefix, limit));
  }
}
