package dev.tokenledger.alerting.anomaly;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What is watched of the caller's tenant. */
@Path("/v1/alerts/anomalies/series")
@Blocking
@Tag(name = "Anomalies", description = "What is unusual, found without set-up")
public class WatchedSeriesResource {
  private static final String EXAMPLE =
      """
      {"series": [{"measure": "cost_usd", "dimension": "agent", "value": "crawler",
        "last_bucket": "2026-11-20T13:00:00Z", "observed": "4.120000000", "expected": "3.870000000",
        "lower": "1.200000000", "upper": "7.900000000", "hours": 671, "learning": false}]}""";

  private final CurrentCaller caller;
  private final Database database;
  private final WatchStore store = new WatchStore(AnomalySettings.DEFAULTS);

  WatchedSeriesResource(CurrentCaller caller, AlertingStart start) {
    this.caller = caller;
    this.database = start.database();
  }

  /**
   * A series.
   *
   * @param dimension absent for all of the tenant's usage, as is the value
   * @param lastBucket start of the last hour that was looked at
   * @param observed in that hour, in the unit of the query API; money is text
   * @param expected in that hour
   * @param lower values below it would have been unusual; absent while that is not known
   * @param upper values above it would have been unusual; absent while that is not known
   * @param hours how many hours are known, those without usage included
   * @param learning whether the series is too new to alarm
   * @param anomaly the key of the anomaly that lasts, absent without
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SeriesView(
      String measure,
      @Nullable String dimension,
      @Nullable String value,
      Instant lastBucket,
      Object observed,
      Object expected,
      @Nullable Object lower,
      @Nullable Object upper,
      long hours,
      boolean learning,
      @Nullable String anomaly) {}

  /** All of them. */
  public record SeriesList(List<SeriesView> series) {}

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "List the watched series",
      description =
          "Cost, tokens, model calls and errors by hour: of all usage, and of the 20 models, agents,"
              + " features and projects that cost the most in the last seven days. A series is"
              + " looked at when an hour is over; until it has been watched for 150 hours, of which"
              + " four weeks are taken from its history, it only learns. Series that are no longer"
              + " among the largest stay in the list for 90 days, as they were.")
  @APIResponse(
      responseCode = "200",
      description = "At most 1,600 series, by dimension and value",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "An agent's cost", value = EXAMPLE)))
  public SeriesList list(
      @Parameter(description = "Only those of model, agent, feature or project")
          @QueryParam("dimension")
          @Nullable String dimension) {
    int tenantId = caller.get().tenantId();
    List<SeriesState> watches =
        database.asTenant(tenantId, connection -> store.all(connection, tenantId, dimension));
    return new SeriesList(
        watches.stream()
            .flatMap(
                watch -> Stream.of(WatchedMeasure.values()).map(measure -> view(watch, measure)))
            .toList());
  }

  private static SeriesView view(SeriesState watch, WatchedMeasure measure) {
    SeriesState.Reading reading = watch.readings().get(measure.ordinal());
    SeriesState.Anomaly anomaly = watch.anomaly();
    boolean all = watch.subject().isTenant();
    return new SeriesView(
        measure.label(),
        all ? null : watch.subject().dimension(),
        all ? null : watch.subject().value(),
        watch.lastBucket(),
        measure.shown(measure.inUnit(reading.observed())),
        measure.shown(measure.inUnit(reading.expected())),
        bound(measure, reading.lower()),
        bound(measure, reading.upper()),
        watch.points(),
        watch.isLearning(),
        anomaly == null || !anomaly.measures().contains(measure) ? null : anomaly.key());
  }

  private static @Nullable Object bound(WatchedMeasure measure, double bound) {
    return Double.isFinite(bound) ? measure.shown(measure.inUnit(bound)) : null;
  }
}
