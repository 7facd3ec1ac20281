package dev.tokenledger.model.price;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.TokenUsage;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one model costs at one provider during a period, in US dollars. Immutable.
 *
 * <p>Several prices of a model may hold at the same time; the one learned last wins. A price has at
 * least one unit price: a model that is free says so with a unit price of zero.
 */
public final class Price {
  /** The start of a price that holds as far back as events go. */
  public static final Instant ALWAYS = Instant.EPOCH;

  private static final int MAX_TEXT = 512;

  private final String version;
  private final @Nullable String provider;
  private final String model;
  private final Instant from;
  private final @Nullable Instant until;
  private final Instant recordedAt;
  private final String source;
  private final List<UnitPrice> unitPrices;
  private final boolean free;

  /** Laid out at the first use: most of a catalogue is never asked for. Racing is harmless. */
  private @Nullable RateTable rates;

  /**
   * @param version stable identifier, kept beside every cost that this price makes
   * @param provider who sells it, as {@link Providers#canonical} spells it; null for a price that
   *     holds whoever sells the model
   * @param model the model's name at that provider
   * @param from the first instant at which the price holds
   * @param until the first instant at which it does not hold any more; null when it still does
   * @param recordedAt when we learned it
   * @param source where we learned it, such as {@code builtin} or {@code litellm}
   * @param unitPrices at least one, no two for the same kind, tier and size
   * @throws IllegalArgumentException if one of these does not hold; the message says which
   */
  public Price(
      String version,
      @Nullable String provider,
      String model,
      Instant from,
      @Nullable Instant until,
      Instant recordedAt,
      String source,
      List<UnitPrice> unitPrices) {
    this.version = text("version", version);
    this.provider = provider == null ? null : Providers.canonical(text("provider", provider));
    this.model = text("model", model);
    this.from = Objects.requireNonNull(from, "from");
    this.until = until;
    this.recordedAt = Objects.requireNonNull(recordedAt, "recordedAt");
    this.source = text("source", source);
    this.unitPrices = unitPrices.stream().sorted().toList();
    if (until != null && !from.isBefore(until)) {
      throw new IllegalArgumentException("the price ends (" + until + ") before it starts " + from);
    }
    if (unitPrices.isEmpty()) {
      throw new IllegalArgumentException("the price of " + model + " states no unit price");
    }
    for (int i = 1; i < this.unitPrices.size(); i++) {
      UnitPrice one = this.unitPrices.get(i - 1);
      UnitPrice next = this.unitPrices.get(i);
      if (one.kind() == next.kind()
          && one.tier() == next.tier()
          && one.aboveInputTokens() == next.aboveInputTokens()) {
        throw new IllegalArgumentException("two prices of " + model + " for " + next.kind());
      }
    }
    this.free = this.unitPrices.stream().allMatch(price -> price.femtoUsd() == 0);
  }

  /** A copy whose parts are those of others where they are equal. */
  private Price(Price price, SharedValues shared) {
    this.version = price.version;
    this.provider = price.provider == null ? null : shared.of(price.provider);
    this.model = shared.of(price.model);
    this.from = shared.of(price.from);
    this.until = price.until == null ? null : shared.of(price.until);
    this.recordedAt = shared.of(price.recordedAt);
    this.source = shared.of(price.source);
    this.unitPrices = shared.of(price.unitPrices.stream().map(shared::of).toList());
    this.free = price.free;
  }

  /** The same price, in less memory beside others like it. */
  public Price sharing(SharedValues shared) {
    return new Price(this, shared);
  }

  /**
   * Whether a price of the same model that was learned later says nothing that this one does not
   * say: the same amounts, from the same time or later, and both still hold.
   */
  public boolean isRepeatedBy(Price later) {
    return until == null
        && later.until == null
        && !later.from.isBefore(from)
        && unitPrices.equals(later.unitPrices);
  }

  /** Whether this price, learned later, holds wherever another one of the same model does. */
  public boolean replaces(Price earlier) {
    return !earlier.recordedAt.isAfter(recordedAt)
        && !earlier.from.isBefore(from)
        && (until == null || earlier.until != null && !earlier.until.isAfter(until));
  }

  private static String text(String name, String value) {
    if (value.isBlank() || value.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          name + " must have between 1 and " + MAX_TEXT + " characters");
    }
    for (int i = 0; i < value.length(); i++) {
      if (Character.isISOControl(value.charAt(i))) {
        throw new IllegalArgumentException(name + " contains a control character");
      }
    }
    return value;
  }

  /** The usual version: {@code source/day/provider/model}, where an absent provider is "any". */
  public static String versionOf(
      String source, LocalDate day, @Nullable String provider, String model) {
    return source + '/' + day + '/' + (provider == null ? "any" : provider) + '/' + model;
  }

  public String version() {
    return version;
  }

  public @Nullable String provider() {
    return provider;
  }

  public String model() {
    return model;
  }

  public Instant from() {
    return from;
  }

  public @Nullable Instant until() {
    return until;
  }

  public Instant recordedAt() {
    return recordedAt;
  }

  public String source() {
    return source;
  }

  /** The unit prices by kind, tier and size, as stated: fallbacks are not among them. */
  public List<UnitPrice> unitPrices() {
    return unitPrices;
  }

  public boolean holdsAt(Instant time) {
    return !time.isBefore(from) && (until == null || time.isBefore(until));
  }

  /** True for a model that is stated to cost nothing. */
  public boolean isFree() {
    return free;
  }

  /** What the usage costs under this price, whatever its dates. */
  public Pricing cost(ServiceTier tier, TokenUsage usage, BillableUnits units) {
    @Nullable RateTable table = rates;
    if (table == null) {
      table = new RateTable(unitPrices);
      rates = table;
    }
    return CostCalculator.price(this, table.card(tier, usage.input()), usage, units);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Price other
        && version.equals(other.version)
        && Objects.equals(provider, other.provider)
        && model.equals(other.model)
        && from.equals(other.from)
        && Objects.equals(until, other.until)
        && recordedAt.equals(other.recordedAt)
        && source.equals(other.source)
        && unitPrices.equals(other.unitPrices);
  }

  @Override
  public int hashCode() {
    return version.hashCode();
  }

  @Override
  public String toString() {
    return "Price[" + version + " " + from + ".." + (until == null ? "" : until) + "]";
  }
}
