package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.ingest.bootstrap.IngestStart;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.price.PriceExplanation;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.pricing.PriceJson;
import dev.tokenledger.platform.pricing.PriceTable;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/**
 * Prices: the built-in catalogue's, and those of the caller's tenant, which win. A price is added
 * and never changed; a call that had none is priced by itself when one arrives.
 */
@Path("/v1/prices")
@Blocking
@Tag(name = "Prices", description = "What models cost")
public class PricesResource {
  private static final String EXAMPLE =
      """
      {"provider": "openai", "model": "my-fine-tune", "from": "2026-01-01T00:00:00Z",
       "input_usd_per_million_tokens": "3.00", "output_usd_per_million_tokens": "12.00",
       "cached_input_usd_per_million_tokens": "1.50"}""";

  private static final String FILE =
      """
      {"gpt-4o": {"litellm_provider": "openai", "mode": "chat",
         "input_cost_per_token": 0.0000025, "output_cost_per_token": 0.00001},
       "claude-sonnet-4-5": {"litellm_provider": "anthropic", "mode": "chat",
         "input_cost_per_token": 0.000003, "output_cost_per_token": 0.000015}}""";

  private static final int MAX_PAGE = 500;
  private static final int MAX_SKIPPED_SHOWN = 200;
  private static final String OWN = "own";

  private final CurrentCaller caller;
  private final IngestStart start;
  private final PriceTable table;
  private final LiteLlmPriceImporter importer = new LiteLlmPriceImporter();
  private final Clock clock;

  public PricesResource(CurrentCaller caller, IngestStart start, ObjectMapper json, Clock clock) {
    this.caller = caller;
    this.start = start;
    this.table = new PriceTable(json);
    this.clock = clock;
  }

  /**
   * @param catalogueLearnedAt when the newest of the built-in prices was learned
   * @param catalogueAgeDays how long ago that was
   * @param prices the tenant's own prices, the latest first
   */
  public record PriceList(
      Instant catalogueLearnedAt, long catalogueAgeDays, List<PriceJson> prices) {}

  /**
   * How a call would be priced.
   *
   * @param price the price, or null when there is none
   * @param reason why there is none, or null
   * @param steps how the model's name was understood
   */
  public record Lookup(
      @Nullable PriceJson price, @Nullable String reason, boolean own, List<String> steps) {}

  /** An entry of a file that gave no price, and why. */
  public record SkippedEntry(String entry, String reason) {}

  /**
   * What an import did.
   *
   * @param skipped the first entries that gave no price
   */
  public record ImportReport(int imported, int skippedCount, List<SkippedEntry> skipped) {}

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List own prices", description = "And how old the built-in catalogue is.")
  public PriceList list(@QueryParam("limit") @DefaultValue("100") int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    PriceBook book = start.rules().book();
    List<Price> own =
        start.database().asTenant(tenantId, connection -> table.list(connection, tenantId, limit));
    return new PriceList(
        book.learnedAt(),
        book.age(clock.instant()).toDays(),
        own.stream().map(PriceJson::of).toList());
  }

  @GET
  @Path("/lookup")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "Explain a price", description = "Which price a call would get, and why.")
  public Lookup lookup(
      @QueryParam("model") @Nullable String model,
      @QueryParam("provider") @Nullable String provider) {
    if (model == null || model.isBlank()) {
      throw new ProblemException(ProblemCode.INVALID_PARAMETER, "'model' is missing.")
          .with("parameter", "model");
    }
    PriceExplanation explanation =
        start.rules().book().explain(caller.get().tenantId(), provider, model, clock.instant());
    return new Lookup(
        explanation.price() == null ? null : PriceJson.of(explanation.price()),
        explanation.reason() == null ? null : explanation.reason().label(),
        explanation.override(),
        explanation.steps().stream().map(Object::toString).toList());
  }

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(
      summary = "Add a price",
      description =
          "It holds for this tenant, in place of the catalogue's, from and until the given times."
              + " Unpriced calls get it by themselves; POST /v1/ledger/repricings prices others anew.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "A model", value = EXAMPLE)))
  public PriceJson add(@Nullable PriceJson body) {
    if (body == null) {
      throw new ProblemException(ProblemCode.INVALID_FIELD, "The body is missing.")
          .with("field", "model");
    }
    Caller who = caller.get();
    Price price = body.toPrice(OWN + "/" + UUID.randomUUID(), OWN, clock.instant());
    insert(who, List.of(price));
    return PriceJson.of(price);
  }

  @POST
  @Path("/import")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Import today's prices",
      description =
          "Takes LiteLLM's model_prices_and_context_window.json. Prices of models that are known hold"
              + " from today (UTC); those of models that had none hold as far back as events go.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(implementation = Object.class),
              examples = @ExampleObject(name = "Two models", value = FILE)))
  public ImportReport importPrices(InputStream body) throws IOException {
    Caller who = caller.get();
    Instant now = clock.instant();
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    LiteLlmPriceImporter.Imported imported =
        importer.read(body, new LiteLlmPriceImporter.Terms("litellm", today, null));
    PriceBook book = start.rules().book();
    List<Price> prices = new ArrayList<>();
    for (Price price : imported.prices()) {
      boolean known = book.find(who.tenantId(), price.provider(), price.model(), now).isPresent();
      prices.add(
          new Price(
              price.version() + "@" + now.getEpochSecond(),
              price.provider(),
              price.model(),
              known ? today.atStartOfDay(ZoneOffset.UTC).toInstant() : price.from(),
              price.until(),
              now,
              price.source(),
              price.unitPrices()));
    }
    insert(who, prices);
    return new ImportReport(
        prices.size(),
        imported.skipped().size(),
        imported.skipped().stream()
            .limit(MAX_SKIPPED_SHOWN)
            .map(s -> new SkippedEntry(s.entry(), s.reason()))
            .toList());
  }

  private void insert(Caller who, List<Price> prices) {
    start
        .database()
        .asTenant(
            who.tenantId(),
            connection -> {
              table.insert(connection, who.tenantId(), prices, who.actor());
              return null;
            });
    start.rules().refresh();
  }
}
