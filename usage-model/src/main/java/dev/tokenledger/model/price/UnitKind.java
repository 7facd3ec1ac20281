package dev.tokenledger.model.price;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a unit price is for. A kind of token without a price of its own is billed as the kind it is
 * part of, its {@link #parent()}; a kind that is not a token has no parent, and nothing stands in
 * for it. Parents are declared before their parts.
 */
public enum UnitKind {
  INPUT(Unit.TOKEN, null),
  OUTPUT(Unit.TOKEN, null),
  /** Read from a prompt cache. Without a discount it is ordinary input. */
  CACHED_INPUT(Unit.TOKEN, INPUT),
  /** Written to a prompt cache for minutes. Without a surcharge it is ordinary input. */
  CACHE_WRITE(Unit.TOKEN, INPUT),
  /** Written to a prompt cache for an hour. */
  CACHE_WRITE_1H(Unit.TOKEN, CACHE_WRITE),
  REASONING(Unit.TOKEN, OUTPUT),
  AUDIO_INPUT(Unit.TOKEN, INPUT),
  AUDIO_OUTPUT(Unit.TOKEN, OUTPUT),
  IMAGE_INPUT(Unit.TOKEN, INPUT),
  IMAGE_OUTPUT(Unit.TOKEN, OUTPUT),
  PER_INPUT_CHARACTER(Unit.CHARACTER, null),
  /** Once for every call. */
  PER_REQUEST(Unit.COUNT, null),
  /** For every query of a search or rerank model: the reported searches, at least one a call. */
  PER_QUERY(Unit.COUNT, null),
  /** A second of audio or video sent. */
  PER_INPUT_SECOND(Unit.SECOND, null),
  /** A second of audio or video generated. */
  PER_OUTPUT_SECOND(Unit.SECOND, null),
  PER_INPUT_IMAGE(Unit.COUNT, null),
  PER_OUTPUT_IMAGE(Unit.COUNT, null),
  /** For every web search made on behalf of the call. */
  PER_SEARCH(Unit.COUNT, null),
  /** Once for a call that searched, however often it did. */
  PER_SEARCHING_CALL(Unit.COUNT, null);

  /** What a price is counted in, and how many of them its written form is for. */
  public enum Unit {
    /** Written in dollars per million. */
    TOKEN(6),
    /** Written in dollars per million. */
    CHARACTER(6),
    COUNT(0),
    SECOND(0);

    private final int writtenPower;

    Unit(int writtenPower) {
      this.writtenPower = writtenPower;
    }

    /** The power of ten of units that a written price is for: 6 for "per million". */
    public int writtenPower() {
      return writtenPower;
    }
  }

  private static final UnitKind[] ALL = values();
  static final int COUNT = ALL.length;
  private static final Map<String, UnitKind> BY_LABEL = new HashMap<>();

  static {
    for (UnitKind kind : ALL) {
      BY_LABEL.put(kind.label(), kind);
    }
  }

  private final Unit unit;
  private final @Nullable UnitKind parent;

  UnitKind(Unit unit, @Nullable UnitKind parent) {
    this.unit = unit;
    this.parent = parent;
  }

  public Unit unit() {
    return unit;
  }

  /** The kind whose price stands in for a missing one; null when nothing does. */
  public @Nullable UnitKind parent() {
    return parent;
  }

  public boolean isToken() {
    return unit == Unit.TOKEN;
  }

  /** The stable name, such as {@code cached_input}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of that label, or null. */
  public static @Nullable UnitKind ofLabel(String label) {
    return BY_LABEL.get(label);
  }
}
