package dev.tokenledger.aggregation.repricing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.rollup.Contribution;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.Measure.Unit;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.pricing.PriceBooks;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prices stored calls anew with the prices of now, within the caller's transaction. What a call
 * used is read back from its row; what it costs is decided by the same price book as at the door.
 */
public final class Repricing {
  private final PriceBooks prices;
  private final ObjectMapper json;

  public Repricing(PriceBooks prices, ObjectMapper json) {
    this.prices = prices;
    this.json = json;
  }

  /** The prices of now. */
  private PriceBook book(Connection connection) throws SQLException {
    // The prices of all tenants are seen by a transaction that names all of them.
    try (PreparedStatement all =
        connection.prepareStatement("SELECT set_config('tokenledger.tenant_id', '*', true)")) {
      all.execute();
    }
    return prices.book(connection);
  }

  /** The same changes, with the calls among their new states priced anew. */
  public List<StoredEvents.Change> price(Connection connection, List<StoredEvents.Change> changes)
      throws SQLException {
    if (changes.isEmpty()) {
      return changes;
    }
    PriceBook now = book(connection);
    Names names = Names.read(connection, changes.stream().map(StoredEvents.Change::after).toList());
    PriceVersions versions = new PriceVersions(connection);
    List<StoredEvents.Change> priced = new ArrayList<>();
    for (StoredEvents.Change change : changes) {
      priced.add(
          new StoredEvents.Change(change.before(), price(change.after(), now, names, versions)));
    }
    return priced;
  }

  private LedgerEvent price(LedgerEvent event, PriceBook now, Names names, PriceVersions versions)
      throws SQLException {
    if (event.measures().get(Measure.MODEL_CALLS) == 0) {
      return event;
    }
    Pricing pricing = now.price(event.tenantId(), call(event, names));
    MeasureVector measures = new MeasureVector();
    for (Measure measure : Measure.values()) {
      boolean ours =
          measure == Measure.UNPRICED_CALLS
              || measure.unit() == Unit.NANO_USD && measure != Measure.REPORTED_COST;
      if (!ours) {
        measures.add(measure, event.measures().get(measure));
      }
    }
    Contribution.addPricing(measures, pricing);
    int[] dimensions = event.dimensions().clone();
    String unpriced = null;
    if (pricing instanceof Pricing.Priced priced) {
      dimensions[Dimension.PRICE_VERSION.ordinal()] =
          versions.id(event.tenantId(), priced.priceVersion());
    } else if (pricing instanceof Pricing.Unpriced reason) {
      dimensions[Dimension.PRICE_VERSION.ordinal()] = DimensionValues.NONE_ID;
      unpriced = reason.reason().label();
    }
    return event.withPrice(dimensions, EventMeasures.of(measures), unpriced);
  }

  /** The stored row as the call that the price book prices. */
  private ModelCall call(LedgerEvent event, Names names) {
    JsonNode detail = detail(event);
    EventMeasures m = event.measures();
    String status = names.of(event, Dimension.STATUS);
    return new ModelCall(
        new EventHeader(
            event.eventId(),
            StoredEvents.instant(event),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            Map.of(),
            Map.of(),
            false),
        names.of(event, Dimension.PROVIDER),
        names.of(event, Dimension.MODEL),
        names.of(event, Dimension.OPERATION),
        null,
        null,
        new TokenUsage(
            m.get(Measure.INPUT_TOKENS),
            m.get(Measure.OUTPUT_TOKENS),
            m.get(Measure.CACHED_INPUT_TOKENS),
            m.get(Measure.CACHE_WRITE_TOKENS),
            detail.path("cache_write_1h_tokens").asLong(),
            m.get(Measure.REASONING_TOKENS),
            m.get(Measure.AUDIO_INPUT_TOKENS),
            m.get(Measure.AUDIO_OUTPUT_TOKENS),
            m.get(Measure.IMAGE_INPUT_TOKENS),
            m.get(Measure.IMAGE_OUTPUT_TOKENS)),
        ModelCall.UNKNOWN,
        ModelCall.UNKNOWN,
        status == null ? CallStatus.SUCCESS : CallStatus.valueOf(status.toUpperCase(Locale.ROOT)),
        null,
        names.of(event, Dimension.SERVICE_TIER),
        null,
        m.get(Measure.CACHE_HITS) > 0,
        null,
        new BillableUnits(
            detail.path("input_ms").asLong(),
            detail.path("output_ms").asLong(),
            detail.path("input_images").asLong(),
            detail.path("output_images").asLong(),
            detail.path("input_characters").asLong(),
            detail.path("searches").asLong()),
        null,
        ModelCall.Accounting.STANDALONE,
        Pricing.PENDING);
  }

  private JsonNode detail(LedgerEvent event) {
    if (event.detail() == null) {
      return MissingNode.getInstance();
    }
    try {
      return json.readTree(event.detail());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "the detail of event " + event.eventId() + " is not the JSON we wrote", e);
    }
  }

  /** The names behind the dimension ids of some events. */
  private record Names(Map<Key, String> values) {
    private record Key(int tenantId, int dimension, int id) {}

    private static final List<Dimension> NEEDED =
        List.of(
            Dimension.PROVIDER,
            Dimension.MODEL,
            Dimension.OPERATION,
            Dimension.STATUS,
            Dimension.SERVICE_TIER);

    static Names read(Connection connection, List<LedgerEvent> events) throws SQLException {
      Map<Key, String> values = new HashMap<>();
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT value FROM ledger.dimension_values"
                  + " WHERE tenant_id = ? AND dimension = ? AND value_id = ?")) {
        for (LedgerEvent event : events) {
          for (Dimension dimension : NEEDED) {
            Key key = new Key(event.tenantId(), dimension.code(), event.dimension(dimension));
            if (key.id >= DimensionValues.FIRST_ID && !values.containsKey(key)) {
              select.setInt(1, key.tenantId);
              select.setInt(2, key.dimension);
              select.setInt(3, key.id);
              try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                  values.put(key, row.getString(1));
                }
              }
            }
          }
        }
      }
      return new Names(values);
    }

    @Nullable String of(LedgerEvent event, Dimension dimension) {
      return values.get(new Key(event.tenantId(), dimension.code(), event.dimension(dimension)));
    }
  }

  /** The dictionary's ids of price versions, which are given here within the transaction. */
  private static final class PriceVersions {
    private final Connection connection;
    private final Map<String, Integer> ids = new HashMap<>();

    private PriceVersions(Connection connection) {
      this.connection = connection;
    }

    int id(int tenantId, String version) throws SQLException {
      String key = tenantId + "/" + version;
      Integer known = ids.get(key);
      if (known != null) {
        return known;
      }
      int id = Dictionary.idWithin(connection, tenantId, Dimension.PRICE_VERSION, version);
      ids.put(key, id);
      return id;
    }
  }
}
