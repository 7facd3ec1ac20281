package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.ServiceTier;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.model.price.UnitPrice;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Dated changes of a price list, laid under the list as it is now: a model whose price changed gets
 * a price for each period.
 *
 * <p>A list is corrected more often than prices change, and the two look alike. A change is taken
 * for one of the price when the list still says what the last change left, input and output cost
 * more than nothing on both sides, both moved by less than a factor of ten, no earlier price came
 * back, and each lasted at least a week. Of tokens, an old price knows only the four kinds of which
 * the history tells; so models that price audio or images are left alone.
 */
final class PriceChanges {
  private static final BigDecimal MOST = BigDecimal.TEN;
  private static final int LEAST_DAYS = 7;
  private static final Map<String, UnitKind> KINDS =
      Map.of(
          "input_cost_per_token", UnitKind.INPUT,
          "output_cost_per_token", UnitKind.OUTPUT,
          "cache_read_input_token_cost", UnitKind.CACHED_INPUT,
          "cache_creation_input_token_cost", UnitKind.CACHE_WRITE);
  private static final Set<UnitKind> UNTOLD =
      Set.of(
          UnitKind.AUDIO_INPUT,
          UnitKind.AUDIO_OUTPUT,
          UnitKind.IMAGE_INPUT,
          UnitKind.IMAGE_OUTPUT,
          UnitKind.PER_REQUEST,
          UnitKind.PER_QUERY);

  private record Change(
      LocalDate day, Map<UnitKind, BigDecimal> before, Map<UnitKind, BigDecimal> after) {}

  private final Map<String, List<Change>> byKey = new LinkedHashMap<>();

  private PriceChanges() {}

  /** Reads {@code {"changes": [{"at", "model", "old": {…}, "new": {…}}]}}, oldest first. */
  static PriceChanges read(InputStream in) throws IOException {
    ObjectMapper json =
        new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    PriceChanges changes = new PriceChanges();
    for (JsonNode change : json.readTree(in).path("changes")) {
      Map<UnitKind, BigDecimal> before = prices(change.path("old"));
      Map<UnitKind, BigDecimal> after = prices(change.path("new"));
      LocalDate day =
          OffsetDateTime.parse(change.path("at").asText())
              .withOffsetSameInstant(ZoneOffset.UTC)
              .toLocalDate();
      changes
          .byKey
          .computeIfAbsent(change.path("model").asText(), k -> new ArrayList<>())
          .add(new Change(day, before, after));
    }
    return changes;
  }

  private static Map<UnitKind, BigDecimal> prices(JsonNode json) {
    Map<UnitKind, BigDecimal> prices = new HashMap<>();
    KINDS.forEach(
        (field, kind) -> {
          if (json.path(field).isNumber()) {
            prices.put(kind, json.get(field).decimalValue());
          }
        });
    @Nullable BigDecimal written = prices.get(UnitKind.CACHE_WRITE);
    if (written != null && written.signum() == 0) {
      prices.remove(UnitKind.CACHE_WRITE);
    }
    return prices;
  }

  /** The prices with those of earlier periods among them. */
  List<Price> under(Map<String, Price> byEntry) {
    List<Price> dated = new ArrayList<>();
    byEntry.forEach(
        (entry, now) -> {
          List<Price> periods = periods(now, merged(byKey.getOrDefault(entry, List.of())));
          dated.addAll(periods.isEmpty() ? List.of(now) : periods);
        });
    return dated;
  }

  /** Without those that only made a list say more (a cache price, say) at the same price. */
  private static List<Change> merged(List<Change> changes) {
    return changes.stream()
        .filter(change -> differs(change, UnitKind.INPUT) || differs(change, UnitKind.OUTPUT))
        .toList();
  }

  private static boolean differs(Change change, UnitKind kind) {
    @Nullable BigDecimal before = change.before().get(kind);
    @Nullable BigDecimal after = change.after().get(kind);
    return before == null || after == null || before.compareTo(after) != 0;
  }

  private static List<Price> periods(Price now, List<Change> changes) {
    if (changes.isEmpty()
        || now.unitPrices().stream().anyMatch(price -> UNTOLD.contains(price.kind()))
        || !stillHolds(now, changes.get(changes.size() - 1).after())) {
      return List.of();
    }
    Set<Map<UnitKind, BigDecimal>> seen = new HashSet<>();
    List<Price> periods = new ArrayList<>();
    @Nullable LocalDate from = null;
    for (Change change : changes) {
      if (!plausible(change)
          || !seen.add(change.before())
          || from != null && from.plusDays(LEAST_DAYS).isAfter(change.day())) {
        return List.of();
      }
      List<UnitPrice> before = new ArrayList<>(unitPrices(change.before()));
      now.unitPrices().stream().filter(price -> !price.kind().isToken()).forEach(before::add);
      periods.add(period(now, from, change.day(), before));
      from = change.day();
    }
    periods.add(period(now, from, null, now.unitPrices()));
    return periods;
  }

  private static boolean plausible(Change change) {
    for (UnitKind kind : List.of(UnitKind.INPUT, UnitKind.OUTPUT)) {
      @Nullable BigDecimal before = change.before().get(kind);
      @Nullable BigDecimal after = change.after().get(kind);
      if (before == null
          || after == null
          || before.signum() <= 0
          || after.signum() <= 0
          || before.compareTo(after.multiply(MOST)) >= 0
          || after.compareTo(before.multiply(MOST)) >= 0) {
        return false;
      }
    }
    // Input and output exchanged: a slip, whichever of the two it was.
    return change.before().get(UnitKind.INPUT).compareTo(change.after().get(UnitKind.OUTPUT)) != 0
        || change.before().get(UnitKind.OUTPUT).compareTo(change.after().get(UnitKind.INPUT)) != 0;
  }

  private static boolean stillHolds(Price now, Map<UnitKind, BigDecimal> last) {
    List<UnitPrice> listed = now.unitPrices();
    return unitPrices(last).stream()
        .filter(price -> price.kind() == UnitKind.INPUT || price.kind() == UnitKind.OUTPUT)
        .allMatch(listed::contains);
  }

  private static List<UnitPrice> unitPrices(Map<UnitKind, BigDecimal> prices) {
    List<UnitPrice> unitPrices = new ArrayList<>();
    prices.forEach((kind, usd) -> unitPrices.add(UnitPrice.of(kind, ServiceTier.STANDARD, 0, usd)));
    return unitPrices;
  }

  private static Price period(
      Price now, @Nullable LocalDate from, @Nullable LocalDate until, List<UnitPrice> unitPrices) {
    LocalDate learned = LocalDate.ofInstant(now.recordedAt(), ZoneOffset.UTC);
    Instant start = from == null ? Price.ALWAYS : LiteLlmPriceImporter.start(from);
    return new Price(
        Price.versionOf(now.source(), from == null ? learned : from, now.provider(), now.model()),
        now.provider(),
        now.model(),
        start,
        until == null ? null : LiteLlmPriceImporter.start(until),
        now.recordedAt(),
        now.source(),
        unitPrices);
  }
}
