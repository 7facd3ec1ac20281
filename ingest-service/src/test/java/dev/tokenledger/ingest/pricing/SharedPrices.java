package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.ingest.pricing.LiteLlmPriceImporter.Imported;
import dev.tokenledger.ingest.pricing.LiteLlmPriceImporter.Terms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;

/** The real price lists that tests read; they are not part of the project. */
final class SharedPrices {
  static final LocalDate LEARNED = LocalDate.of(2026, 7, 24);
  static final Path LITELLM = file("litellm/model_prices_and_context_window.json");
  static final Path CHANGES = file("litellm/price_change_history.json");
  static final Path LANGFUSE = file("langfuse/default-model-prices.json");

  private SharedPrices() {}

  private static Path file(String name) {
    String root = System.getProperty("tokenledger.shared-data", "");
    Path file = Path.of(root, "prices").resolve(name);
    if (root.isEmpty() || !Files.isReadable(file)) {
      throw new AssertionError(
          "the system property tokenledger.shared-data does not lead to " + file);
    }
    return file;
  }

  static JsonNode json(Path file) throws IOException {
    return new ObjectMapper()
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .readTree(file.toFile());
  }

  static Imported imported() throws IOException {
    try (InputStream in = Files.newInputStream(LITELLM)) {
      return new LiteLlmPriceImporter().read(in, new Terms("litellm", LEARNED, null));
    }
  }
}
