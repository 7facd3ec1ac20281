package dev.tokenledger.model.price;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A list of prices as one source had it on one day.
 *
 * @param source the name of the source, the first part of its prices' versions
 * @param learned the day on which the source said so
 * @param notice where the facts come from and under which terms
 */
public record Catalogue(String source, LocalDate learned, String notice, List<Price> prices) {
  private static final String BUILT_IN = "catalogue.tsv";

  /** Last prices of models that price lists drop: imports of history still meet them. */
  private static final String WITHDRAWN = "withdrawn.tsv";

  public Catalogue {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(learned, "learned");
    Objects.requireNonNull(notice, "notice");
    prices = List.copyOf(prices);
  }

  /**
   * The catalogue that comes with the product, models that have been withdrawn included. Reads and
   * parses it on every call.
   */
  public static Catalogue builtIn() {
    Catalogue current = resource(BUILT_IN);
    List<Price> prices = new ArrayList<>(current.prices());
    prices.addAll(resource(WITHDRAWN).prices());
    return new Catalogue(current.source(), current.learned(), current.notice(), prices);
  }

  private static Catalogue resource(String name) {
    try (InputStream in = Catalogue.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the price catalogue " + name + " is missing from the jar");
      }
      return CatalogueReader.read(new InputStreamReader(in, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("the price catalogue " + name + " cannot be read", e);
    }
  }

  /** When the catalogue was learned: the beginning of the day, UTC. */
  public Instant learnedAt() {
    return learned.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  public Duration age(Instant now) {
    return Duration.between(learnedAt(), now);
  }
}
