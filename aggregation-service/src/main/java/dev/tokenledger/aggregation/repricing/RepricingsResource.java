package dev.tokenledger.aggregation.repricing;

import dev.tokenledger.aggregation.AggregationStart;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.text.Instants;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Pricing a period anew. */
@Path("/v1/ledger/repricings")
@Blocking
@Tag(name = "Ledger", description = "What is counted, and proof that it is exact")
public class RepricingsResource {
  private static final String EXAMPLE =
      """
      {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}""";

  private static final int SHOWN = 100;
  private static final int MAX_UNFINISHED = 100;
  private static final int MAX_MODEL = 512;

  private final CurrentCaller caller;
  private final Database database;

  public RepricingsResource(CurrentCaller caller, AggregationStart settle) {
    this.caller = caller;
    this.database = settle.database();
  }

  /**
   * @param model the model as reported, or absent for all
   */
  public record NewRepricing(
      @Nullable String start, @Nullable String end, @Nullable String model) {}

  /**
   * A repricing and what it did.
   *
   * @param status {@code pending}, {@code running}, {@code done}, {@code failed} or {@code
   *     cancelled}; what a failed or cancelled one has changed before stays changed
   * @param error why it failed, or null
   */
  public record RepricingView(
      UUID id,
      String status,
      Instant start,
      Instant end,
      @Nullable String model,
      String actor,
      Instant createdAt,
      @Nullable Instant finishedAt,
      long eventsExamined,
      long eventsChanged,
      String costBeforeUsd,
      String costAfterUsd,
      @Nullable String error) {
    private static RepricingView of(RepricingRequests.Listed r) {
      return new RepricingView(
          r.id(),
          r.status(),
          r.start(),
          r.end(),
          r.model(),
          r.actor(),
          r.createdAt(),
          r.finishedAt(),
          r.eventsExamined(),
          r.eventsChanged(),
          Money.ofNanos(r.costBefore()).toUsd(),
          Money.ofNanos(r.costAfter()).toUsd(),
          r.error());
    }
  }

  /** The latest repricings. */
  public record Repricings(List<RepricingView> repricings) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(202)
  @Operation(
      summary = "Price a period anew",
      description =
          "With the prices of now. Ledger and rollups follow by the exact difference; each changed"
              + " event leaves its state before and after in the audit of adjustments.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "A day", value = EXAMPLE)))
  public RepricingView request(@Nullable NewRepricing body) {
    Instant start = time("start", body == null ? null : body.start());
    Instant end = time("end", body == null ? null : body.end());
    Objects.requireNonNull(body);
    if (!start.isBefore(end)) {
      throw invalid("end", "'end' must lie after 'start'.");
    }
    String model = body.model();
    if (model != null && (model.length() > MAX_MODEL || model.indexOf('\0') >= 0)) {
      throw invalid("model", "'model' must have at most " + MAX_MODEL + " characters, no NUL.");
    }
    Caller who = caller.get();
    UUID id = UUID.randomUUID();
    database.asTenant(
        who.tenantId(),
        connection -> {
          if (RepricingRequests.unfinished(connection, who.tenantId()) >= MAX_UNFINISHED) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "There are "
                    + MAX_UNFINISHED
                    + " repricings that are not done, which is the most. Wait for one, or cancel"
                    + " one.");
          }
          RepricingRequests.add(
              connection,
              new RepricingRequests.Request(id, who.tenantId(), start, end, model, who.actor()));
          return null;
        });
    return list().repricings().stream()
        .filter(repricing -> repricing.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("repricing " + id + " was not stored"));
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List repricings", description = "The latest first.")
  public Repricings list() {
    int tenantId = caller.get().tenantId();
    return new Repricings(
        database
            .asTenant(tenantId, connection -> RepricingRequests.list(connection, tenantId, SHOWN))
            .stream()
            .map(RepricingView::of)
            .toList());
  }

  @DELETE
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(204)
  @Operation(
      summary = "Cancel a repricing",
      description = "One that is not done; what it has changed already stays changed.")
  public void cancel(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    RepricingRequests.Cancelled outcome =
        database.asTenant(
            tenantId, connection -> RepricingRequests.cancel(connection, tenantId, id));
    switch (outcome) {
      case YES -> {}
      case FINISHED ->
          throw new ProblemException(
              ProblemCode.CONFLICT, "The repricing is not pending any more.");
      case UNKNOWN ->
          throw new ProblemException(ProblemCode.NOT_FOUND, "There is no repricing with this id.");
    }
  }

  private static Instant time(String field, @Nullable String text) {
    if (text == null) {
      throw invalid(field, "'" + field + "' is missing.");
    }
    return Instants.field(field, text);
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
