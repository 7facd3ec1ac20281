package dev.tokenledger.model.price;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the compact form of a catalogue ({@link CatalogueFormat}). Strict: whatever is not
 * understood ends the reading with a {@link CatalogueFormatException} that names the line.
 */
public final class CatalogueReader {
  /** A catalogue of all known models has some three thousand. */
  private static final int MAX_LINES = 200_000;

  private final Map<String, String> header = new HashMap<>();
  private final List<Price> prices = new ArrayList<>();
  private final Set<String> versions = new HashSet<>();
  private @Nullable LocalDate learned;
  private int line;

  private CatalogueReader() {}

  /**
   * Reads to the end; closing is up to the caller.
   *
   * @throws CatalogueFormatException if the text is not a catalogue
   */
  public static Catalogue read(Reader text) throws IOException {
    CatalogueReader reader = new CatalogueReader();
    BufferedReader lines = new BufferedReader(text);
    for (String next = lines.readLine(); next != null; next = lines.readLine()) {
      reader.line++;
      if (reader.line > MAX_LINES) {
        throw reader.bad("more than " + MAX_LINES + " lines", null);
      }
      reader.read(next);
    }
    return new Catalogue(
        reader.required(CatalogueFormat.SOURCE),
        reader.learned(),
        reader.required(CatalogueFormat.NOTICE),
        reader.prices);
  }

  private void read(String text) {
    if (text.isBlank() || text.startsWith("#")) {
      return;
    }
    String[] columns = text.split("\t", -1);
    if (text.startsWith("!")) {
      readHeader(columns);
    } else {
      readPrice(columns);
    }
  }

  private void readHeader(String[] columns) {
    if (columns.length != 2 || columns[1].isBlank()) {
      throw bad("a header line has a name and a value, separated by a tab", null);
    }
    switch (columns[0]) {
      case CatalogueFormat.FORMAT -> {
        if (!columns[1].equals(CatalogueFormat.VERSION)) {
          throw bad("format " + columns[1] + " is not " + CatalogueFormat.VERSION, null);
        }
      }
      case CatalogueFormat.SOURCE, CatalogueFormat.LEARNED, CatalogueFormat.NOTICE -> {}
      default -> throw bad("unknown header " + columns[0], null);
    }
    if (header.putIfAbsent(columns[0], columns[1]) != null) {
      throw bad("header " + columns[0] + " appears twice", null);
    }
  }

  private void readPrice(String[] columns) {
    required(CatalogueFormat.FORMAT);
    if (columns.length != CatalogueFormat.COLUMNS) {
      throw bad(columns.length + " columns where " + CatalogueFormat.COLUMNS + " belong", null);
    }
    String source = required(CatalogueFormat.SOURCE);
    LocalDate learned = learned();
    @Nullable LocalDate from = openOrDay(columns[2]);
    @Nullable LocalDate until = openOrDay(columns[3]);
    List<UnitPrice> unitPrices = new ArrayList<>();
    for (String unitPrice : columns[4].split(" ", -1)) {
      unitPrices.add(unitPrice(unitPrice));
    }
    try {
      Price price =
          new Price(
              Price.versionOf(source, from == null ? learned : from, columns[0], columns[1]),
              columns[0],
              columns[1],
              from == null ? Price.ALWAYS : start(from),
              until == null ? null : start(until),
              start(learned),
              source,
              unitPrices);
      if (!versions.add(price.version())) {
        throw bad("a second price with the version " + price.version(), null);
      }
      prices.add(price);
    } catch (IllegalArgumentException e) {
      throw bad(e.getMessage(), e);
    }
  }

  /** {@code kind[>tokens][@tier]=dollars}. */
  private UnitPrice unitPrice(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw bad("not a unit price: '" + text + "'", null);
    }
    String name = text.substring(0, equals);
    int at = name.indexOf('@');
    @Nullable ServiceTier tier =
        at < 0 ? ServiceTier.STANDARD : ServiceTier.ofLabel(name.substring(at + 1));
    String sized = at < 0 ? name : name.substring(0, at);
    int above = sized.indexOf('>');
    @Nullable UnitKind kind = UnitKind.ofLabel(above < 0 ? sized : sized.substring(0, above));
    if (tier == null || kind == null) {
      throw bad("unknown kind or tier: '" + name + "'", null);
    }
    try {
      return UnitPrice.ofWritten(
          kind,
          tier,
          above < 0 ? 0 : Long.parseLong(sized.substring(above + 1)),
          new BigDecimal(text.substring(equals + 1)));
    } catch (IllegalArgumentException e) {
      throw bad("not a unit price: '" + text + "'", e);
    }
  }

  private LocalDate learned() {
    @Nullable LocalDate known = learned;
    if (known == null) {
      known = day(required(CatalogueFormat.LEARNED));
      learned = known;
    }
    return known;
  }

  private @Nullable LocalDate openOrDay(String text) {
    return text.equals(CatalogueFormat.OPEN) ? null : day(text);
  }

  private LocalDate day(String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      throw bad("not a day: '" + text + "'", e);
    }
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private String required(String name) {
    @Nullable String value = header.get(name);
    if (value == null) {
      throw bad("header " + name + " is missing", null);
    }
    return value;
  }

  private CatalogueFormatException bad(String what, @Nullable Throwable cause) {
    return new CatalogueFormatException(line, what, cause);
  }
}
