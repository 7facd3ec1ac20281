package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.ingest.IngestStart;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.price.PriceExplanation;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.memory.ByteBudget;
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
import java.util.Objects;
import java.util.Optional;
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

  /** What an entry of a price list takes while it is compared and stored. */
  private static final long ENTRY_BYTES = 1_024;

  /** Leases grow by this many entries. */
  private static final int ENTRIES = 256;

  private final CurrentCaller caller;
  private final IngestStart start;
  private final PriceTable table;
  private final LiteLlmPriceImporter importer = new LiteLlmPriceImporter();
  private final ByteBudget memory;
  private final Clock clock;

  /** One at a time: what is compared must still be so when it is added. */
  private final Object adding = new Object();

  public PricesResource(
      CurrentCaller caller, IngestStart start, ByteBudget memory, ObjectMapper json, Clock clock) {
    this.caller = caller;
    this.memory = memory;
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
   * @param imported prices that were added, since they were not known or were others
   * @param unchanged prices that hold already
   * @param skipped the first entries that gave no price
   */
  public record ImportReport(
      int imported, int unchanged, int skippedCount, List<SkippedEntry> skipped) {}

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
    return PriceJson.of(addUnlessThere(who, price));
  }

  /**
   * Adds a price, unless the last one of its model says the same; returns the one that is there.
   */
  private Price addUnlessThere(Caller who, Price price) {
    synchronized (adding) {
      Optional<Price> last =
          start
              .database()
              .asTenant(
                  who.tenantId(),
                  connection ->
                      table.last(connection, who.tenantId(), price.provider(), price.model()));
      if (last.isPresent() && says(last.get(), price)) {
        return last.get();
      }
      insert(who, List.of(price));
      return price;
    }
  }

  private static boolean says(Price one, Price other) {
    return one.from().equals(other.from())
        && Objects.equals(one.until(), other.until())
        && one.unitPrices().equals(other.unitPrices());
  }

  @POST
  @Path("/import")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Import today's prices",
      description =
          "Takes LiteLLM's model_prices_and_context_window.json. What holds already is left as it is."
              + " Other prices of models that are known hold"
              + " from today (UTC); those of models that had none hold as far back as events go.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(implementation = Object.class),
              examples = @ExampleObject(name = "Two models", value = FILE)))
  public ImportReport importPrices(InputStream body) throws IOException {
    Caller who = caller.get();
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    try (ByteBudget.Lease lease = memory.lease(ByteBudget.Use.ANSWERS)) {
      LiteLlmPriceImporter.Imported imported =
          importer.read(
              body,
              new LiteLlmPriceImporter.Terms("litellm", today, null, UUID.randomUUID()),
              entries -> {
                if (entries % ENTRIES == 1) {
                  lease.require((entries + ENTRIES) * ENTRY_BYTES);
                }
              });
      int added;
      synchronized (adding) {
        start.rules().refresh();
        // Within the lock: what is added later is known later.
        Instant now = clock.instant();
        List<Price> prices = changed(who.tenantId(), imported, now, today);
        added = prices.size();
        if (added > 0) {
          insert(who, prices);
        }
      }
      return new ImportReport(
          added,
          imported.byEntry().size() - added,
          imported.skipped().size(),
          imported.skipped().stream()
              .limit(MAX_SKIPPED_SHOWN)
              .map(s -> new SkippedEntry(s.entry(), s.reason()))
              .toList());
    }
  }

  /** The prices of a list that are not what holds now, as they are to be stored. */
  private List<Price> changed(
      int tenantId, LiteLlmPriceImporter.Imported imported, Instant now, LocalDate today) {
    PriceBook book = start.rules().book();
    List<Price> changed = new ArrayList<>();
    for (Price price : imported.byEntry().values()) {
      Optional<Price> known = book.find(tenantId, price.provider(), price.model(), now);
      if (known.isPresent() && holds(known.get(), price)) {
        continue;
      }
      changed.add(
          new Price(
              price.version(),
              price.provider(),
              price.model(),
              known.isPresent() ? today.atStartOfDay(ZoneOffset.UTC).toInstant() : price.from(),
              price.until(),
              now,
              price.source(),
              price.unitPrices()));
    }
    return changed;
  }

  /** Whether what holds now is this price: of the very model, at the same amounts, without end. */
  private static boolean holds(Price known, Price price) {
    return known.until() == null
        && Objects.equals(known.provider(), price.provider())
        && known.model().equalsIgnoreCase(price.model())
        && known.unitPrices().equals(price.unitPrices());
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
