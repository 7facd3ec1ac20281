package dev.tokenledger.aggregation.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which record of an event said what: with it, the event that several records make does not depend
 * on the order in which they are settled. Kept with the events that more than one record made, or
 * an update.
 *
 * @param base the record that the updates are laid over; null while only updates have come
 * @param fields the version of the update that said a field last, by the field's name; a field that
 *     is missing is the base's
 */
public record Provenance(@Nullable Base base, Map<String, Long> fields) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of an event that no record has made yet. */
  static final Provenance NONE = new Provenance(null, Map.of());

  public Provenance {
    fields = Map.copyOf(fields);
  }

  /**
   * What tells which of several records of one event is the base: that of an application before
   * that of a span; of an application's the one that was admitted first; of a span's the fullest,
   * then the one that was admitted first. An exporter may send a span while it runs, and again.
   *
   * @param ofSpan whether it stands for a span; of others no fullness is asked, and it is 0
   * @param tokens input and output
   * @param micros how long it took
   */
  record Base(
      boolean ofSpan, long version, long tokens, long micros, long errors, long timesToFirstToken)
      implements Comparable<Base> {
    private static final Comparator<Base> ORDER =
        Comparator.<Base>comparingInt(base -> base.ofSpan ? 0 : 1)
            .thenComparingLong(Base::tokens)
            .thenComparingLong(Base::micros)
            .thenComparingLong(Base::errors)
            .thenComparingLong(Base::timesToFirstToken)
            .thenComparing(Base::version, Comparator.reverseOrder());

    static Base of(LedgerEvent record) {
      if (!record.isOfSpan()) {
        return new Base(false, record.version(), 0, 0, 0, 0);
      }
      EventMeasures measures = record.measures();
      return new Base(
          true,
          record.version(),
          measures.get(Measure.INPUT_TOKENS) + measures.get(Measure.OUTPUT_TOKENS),
          measures.get(Measure.LATENCY_SUM) + measures.get(Measure.DURATION_SUM),
          measures.get(Measure.ERRORS),
          measures.get(Measure.TIME_TO_FIRST_TOKEN_COUNT));
    }

    /** The better base is the greater one. */
    @Override
    public int compareTo(Base other) {
      return ORDER.compare(this, other);
    }
  }

  /** That of a stored event, also while it is not written down. */
  static Provenance of(LedgerEvent stored) {
    Provenance known = stored.provenance();
    return known == null ? new Provenance(Base.of(stored), Map.of()) : known;
  }

  /** As stored. */
  public String toJson() {
    ObjectNode json = JSON.createObjectNode();
    if (base != null) {
      json.putArray("base")
          .add(base.ofSpan ? 1 : 0)
          .add(base.version)
          .add(base.tokens)
          .add(base.micros)
          .add(base.errors)
          .add(base.timesToFirstToken);
    }
    if (!fields.isEmpty()) {
      ObjectNode versions = json.putObject("fields");
      new TreeMap<>(fields).forEach(versions::put);
    }
    return json.toString();
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalStateException if it is something else
   */
  public static @Nullable Provenance ofJson(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      JsonNode json = JSON.readTree(text);
      Base base = null;
      if (json.path("base") instanceof ArrayNode values) {
        base =
            new Base(
                values.path(0).asInt() == 1,
                values.path(1).asLong(),
                values.path(2).asLong(),
                values.path(3).asLong(),
                values.path(4).asLong(),
                values.path(5).asLong());
      }
      Map<String, Long> fields = new TreeMap<>();
      json.path("fields").properties().forEach(e -> fields.put(e.getKey(), e.getValue().asLong()));
      return new Provenance(base, fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the provenance of an event is not the JSON we wrote", e);
    }
  }
}
