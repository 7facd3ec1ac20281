package dev.tokenledger.ingest.pricing;

import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.CatalogueWriter;
import dev.tokenledger.model.price.Price;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the built-in catalogue anew from a price file and a history of its changes; how to run it
 * is told in {@code docs/pricing.md}.
 */
public final class CatalogueTool {
  static final String NOTICE =
      "Prices are facts published by the providers, in US dollars without tax or discount, as"
          + " LiteLLM (MIT, github.com/BerriAI/litellm) had collected them on the day above;"
          + " written in our own form. Days of changes are those on which that list changed.";

  private CatalogueTool() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 4) {
      throw new IllegalArgumentException(
          "usage: CatalogueTool PRICE_FILE CHANGES_FILE DAY_LEARNED OUT");
    }
    write(
        Path.of(args[0]), Path.of(args[1]), LocalDate.parse(args[2]), Path.of(args[3]), System.out);
  }

  static void write(
      Path priceFile, Path changesFile, LocalDate learned, Path out, PrintStream report)
      throws IOException {
    LiteLlmPriceImporter.Imported imported;
    PriceChanges changes;
    try (InputStream prices = Files.newInputStream(priceFile);
        InputStream history = Files.newInputStream(changesFile)) {
      imported =
          new LiteLlmPriceImporter()
              .read(prices, new LiteLlmPriceImporter.Terms("builtin", learned, null));
      changes = PriceChanges.read(history);
    }
    List<Price> dated = changes.under(imported.byEntry());
    try (Writer writer = Files.newBufferedWriter(out, StandardCharsets.UTF_8)) {
      CatalogueWriter.write(new Catalogue("builtin", learned, NOTICE, dated), writer);
    }
    report.println(dated.size() + " prices of " + imported.byEntry().size() + " models");
    Map<String, Long> reasons =
        imported.skipped().stream()
            .collect(
                Collectors.groupingBy(
                    skipped ->
                        skipped.reason().replaceFirst("the same model as .*", "listed twice"),
                    TreeMap::new,
                    Collectors.counting()));
    reasons.forEach((reason, count) -> report.println(count + " skipped: " + reason));
  }
}
