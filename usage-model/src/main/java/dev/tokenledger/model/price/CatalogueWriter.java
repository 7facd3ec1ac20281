package dev.tokenledger.model.price;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes a catalogue in its compact form ({@link CatalogueFormat}), sorted, so that a change is a
 * small diff.
 */
public final class CatalogueWriter {
  private static final Comparator<Price> ORDER =
      Comparator.comparing((Price price) -> Objects.requireNonNull(price.provider()))
          .thenComparing(Price::model)
          .thenComparing(Price::from);

  private CatalogueWriter() {}

  /**
   * Writes all prices; closing is up to the caller.
   *
   * @throws IllegalArgumentException for a price that the form cannot hold: one without a provider,
   *     or with a validity that does not begin and end with a day, UTC
   */
  public static void write(Catalogue catalogue, Appendable out) throws IOException {
    for (Price price : catalogue.prices()) {
      if (price.provider() == null) {
        throw new IllegalArgumentException("a price without a provider: " + price.version());
      }
    }
    header(out, CatalogueFormat.FORMAT, CatalogueFormat.VERSION);
    header(out, CatalogueFormat.SOURCE, catalogue.source());
    header(out, CatalogueFormat.LEARNED, catalogue.learned().toString());
    header(out, CatalogueFormat.NOTICE, catalogue.notice());
    List<Price> sorted = catalogue.prices().stream().sorted(ORDER).toList();
    for (Price price : sorted) {
      out.append(price.provider()).append('\t').append(price.model()).append('\t');
      out.append(price.from().equals(Price.ALWAYS) ? CatalogueFormat.OPEN : day(price.from()));
      @Nullable Instant until = price.until();
      out.append('\t').append(until == null ? CatalogueFormat.OPEN : day(until));
      char separator = '\t';
      for (UnitPrice unitPrice : price.unitPrices()) {
        out.append(separator).append(unitPrice.kind().label());
        if (unitPrice.aboveInputTokens() > 0) {
          out.append('>').append(Long.toString(unitPrice.aboveInputTokens()));
        }
        if (unitPrice.tier() != ServiceTier.STANDARD) {
          out.append('@').append(unitPrice.tier().label());
        }
        out.append('=').append(unitPrice.written().toPlainString());
        separator = ' ';
      }
      out.append('\n');
    }
  }

  private static void header(Appendable out, String name, String value) throws IOException {
    out.append(name).append('\t').append(value).append('\n');
  }

  private static String day(Instant instant) {
    LocalDate day = instant.atZone(ZoneOffset.UTC).toLocalDate();
    if (!day.atStartOfDay(ZoneOffset.UTC).toInstant().equals(instant)) {
      throw new IllegalArgumentException(instant + " is not the beginning of a day");
    }
    return day.toString();
  }
}
