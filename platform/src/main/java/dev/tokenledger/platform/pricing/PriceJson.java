package dev.tokenledger.platform.pricing;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.Providers;
import dev.tokenledger.model.price.ServiceTier;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.model.price.UnitPrice;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.time.SupportedTimes;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A price as the API shows and takes it. Amounts are decimal strings in US dollars.
 *
 * <p>The fields named per million tokens are the standard tier's prices for calls of any size; they
 * are a short form of {@code unitPrices}, which in an answer holds every price, and which a request
 * needs only for other tiers, sizes and units.
 *
 * @param version set by the server; ignored in a request
 * @param from when the price begins to hold, RFC 3339; absent for as far back as events go
 * @param until when it ceases to hold; absent while it holds
 * @param recordedAt set by the server; ignored in a request
 * @param source set by the server; ignored in a request
 * @param free true for a model that is stated to cost nothing; ignored in a request
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PriceJson(
    @Nullable String version,
    @Nullable String provider,
    @Nullable String model,
    @Nullable String from,
    @Nullable String until,
    @Nullable String recordedAt,
    @Nullable String source,
    @Nullable Boolean free,
    @Nullable String inputUsdPerMillionTokens,
    @Nullable String outputUsdPerMillionTokens,
    @Nullable String cachedInputUsdPerMillionTokens,
    @Nullable String cacheWriteUsdPerMillionTokens,
    @Nullable String reasoningUsdPerMillionTokens,
    @Nullable List<UnitPriceJson> unitPrices) {

  private static final int MAX_NAME = 200;
  private static final int MAX_UNIT_PRICES = 200;

  /** Fifteen places of a dollar for one token, and room for what a price may be. */
  private static final int MAX_AMOUNT = 40;

  /**
   * The price of one kind of unit.
   *
   * @param kind such as {@code input}, {@code audio_output} or {@code per_input_second}
   * @param serviceTier {@code standard} when absent
   * @param aboveInputTokens holds for calls with more input tokens than this; 0 when absent
   * @param usd the amount for {@code per}
   * @param per {@code million_tokens}, {@code million_characters}, {@code second} or {@code piece}:
   *     follows from the kind; when a request names it, it must be the kind's own
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record UnitPriceJson(
      @Nullable String kind,
      @Nullable String serviceTier,
      @Nullable Long aboveInputTokens,
      @Nullable String usd,
      @Nullable String per) {

    static UnitPriceJson of(UnitPrice price) {
      return new UnitPriceJson(
          price.kind().label(),
          price.tier().label(),
          price.aboveInputTokens(),
          price.written().toPlainString(),
          perOf(price.kind()));
    }

    private static String perOf(UnitKind kind) {
      return switch (kind.unit()) {
        case TOKEN -> "million_tokens";
        case CHARACTER -> "million_characters";
        case SECOND -> "second";
        case COUNT -> "piece";
      };
    }

    private UnitPrice toUnitPrice(String field) {
      @Nullable UnitKind known = kind == null ? null : UnitKind.ofLabel(kind);
      if (known == null) {
        throw invalid(field + ".kind", "is not a kind of unit price");
      }
      @Nullable ServiceTier tier =
          serviceTier == null ? ServiceTier.STANDARD : ServiceTier.ofLabel(serviceTier);
      if (tier == null) {
        throw invalid(field + ".service_tier", "is not standard, batch, flex, priority or fast");
      }
      if (per != null && !per.equals(perOf(known))) {
        throw invalid(field + ".per", "must be " + perOf(known) + " for " + kind);
      }
      long above = aboveInputTokens == null ? 0 : aboveInputTokens;
      if (above < 0) {
        throw invalid(field + ".above_input_tokens", "must not be negative");
      }
      if (usd == null) {
        throw invalid(field + ".usd", "is missing");
      }
      return unitPrice(field + ".usd", known, tier, above, usd);
    }
  }

  /** What the API shows of a price. */
  public static PriceJson of(Price price) {
    Map<UnitKind, String> plain = new EnumMap<>(UnitKind.class);
    for (UnitPrice unitPrice : price.unitPrices()) {
      if (unitPrice.tier() == ServiceTier.STANDARD && unitPrice.aboveInputTokens() == 0) {
        plain.put(unitPrice.kind(), unitPrice.written().toPlainString());
      }
    }
    @Nullable Instant until = price.until();
    return new PriceJson(
        price.version(),
        price.provider(),
        price.model(),
        price.from().equals(Price.ALWAYS) ? null : price.from().toString(),
        until == null ? null : until.toString(),
        price.recordedAt().toString(),
        price.source(),
        price.isFree(),
        plain.get(UnitKind.INPUT),
        plain.get(UnitKind.OUTPUT),
        plain.get(UnitKind.CACHED_INPUT),
        plain.get(UnitKind.CACHE_WRITE),
        plain.get(UnitKind.REASONING),
        price.unitPrices().stream().map(UnitPriceJson::of).toList());
  }

  /**
   * The price that a request states.
   *
   * @param version the identifier to give it; unique among all prices
   * @param recordedAt now
   * @throws ProblemException {@link ProblemCode#INVALID_FIELD}, with the member {@code field}
   */
  public Price toPrice(String version, String source, Instant recordedAt) {
    String name = name("model", model);
    @Nullable String seller =
        provider == null || provider.isBlank()
            ? null
            : Providers.canonical(name("provider", provider));
    Instant start = from == null ? Price.ALWAYS : instant("from", from);
    @Nullable Instant end = until == null ? null : instant("until", until);
    if (start.isBefore(Price.ALWAYS)) {
      throw invalid("from", "must not be before 1970");
    }
    if (end != null && !start.isBefore(end)) {
      throw invalid("until", "must be after from");
    }
    return new Price(version, seller, name, start, end, recordedAt, source, statedPrices());
  }

  private List<UnitPrice> statedPrices() {
    List<UnitPrice> stated = new ArrayList<>();
    List<UnitPriceJson> listed = unitPrices == null ? List.of() : unitPrices;
    if (listed.size() > MAX_UNIT_PRICES) {
      throw invalid("unit_prices", "has more than " + MAX_UNIT_PRICES + " prices");
    }
    for (int i = 0; i < listed.size(); i++) {
      String field = "unit_prices[" + i + "]";
      @Nullable UnitPriceJson one = listed.get(i);
      if (one == null) {
        throw invalid(field, "is null");
      }
      add(stated, one.toUnitPrice(field), field);
    }
    shortForm(stated, UnitKind.INPUT, inputUsdPerMillionTokens);
    shortForm(stated, UnitKind.OUTPUT, outputUsdPerMillionTokens);
    shortForm(stated, UnitKind.CACHED_INPUT, cachedInputUsdPerMillionTokens);
    shortForm(stated, UnitKind.CACHE_WRITE, cacheWriteUsdPerMillionTokens);
    shortForm(stated, UnitKind.REASONING, reasoningUsdPerMillionTokens);
    if (stated.isEmpty()) {
      throw invalid(
          "input_usd_per_million_tokens", "is missing, and no other price is stated either");
    }
    return stated;
  }

  private static void shortForm(List<UnitPrice> stated, UnitKind kind, @Nullable String usd) {
    if (usd != null) {
      String field = kind.label() + "_usd_per_million_tokens";
      UnitPrice price = unitPrice(field, kind, ServiceTier.STANDARD, 0, usd);
      // An answer that is sent back says everything twice.
      if (!stated.contains(price)) {
        add(stated, price, field);
      }
    }
  }

  private static void add(List<UnitPrice> stated, UnitPrice price, String field) {
    for (UnitPrice other : stated) {
      if (other.kind() == price.kind()
          && other.tier() == price.tier()
          && other.aboveInputTokens() == price.aboveInputTokens()) {
        throw invalid(field, "states a price that is stated before");
      }
    }
    stated.add(price);
  }

  private static UnitPrice unitPrice(
      String field, UnitKind kind, ServiceTier tier, long above, String usd) {
    try {
      if (usd.length() > MAX_AMOUNT) {
        throw new NumberFormatException("too long");
      }
      UnitPrice price = UnitPrice.ofWritten(kind, tier, above, new BigDecimal(usd));
      if (price.written().compareTo(new BigDecimal(usd)) != 0) {
        throw invalid(field, "has more digits than a price can hold");
      }
      return price;
    } catch (IllegalArgumentException e) {
      throw invalid(field, "is not a decimal amount of dollars, zero or more, that fits");
    }
  }

  private static String name(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw invalid(field, "is missing");
    }
    if (value.length() > MAX_NAME || value.chars().anyMatch(Character::isISOControl)) {
      throw invalid(field, "must have at most " + MAX_NAME + " characters, none of them a control");
    }
    return value.strip();
  }

  private static Instant instant(String field, String value) {
    try {
      Instant time =
          value.length() == "2026-07-24".length()
              ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(value).toInstant();
      if (!SupportedTimes.contains(time)) {
        throw invalid(field, "must lie between the years 1900 and 9999");
      }
      return time;
    } catch (DateTimeParseException e) {
      throw invalid(field, "is not a date or an RFC 3339 time");
    }
  }

  private static ProblemException invalid(String field, String what) {
    return new ProblemException(ProblemCode.INVALID_FIELD, "The field " + field + " " + what + ".")
        .with("field", field);
  }
}
