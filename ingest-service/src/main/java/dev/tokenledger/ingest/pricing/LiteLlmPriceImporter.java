package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.Providers;
import dev.tokenledger.model.price.UnitPrice;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads LiteLLM's {@code model_prices_and_context_window.json}. An entry that cannot be used is
 * skipped with a reason; only a file that is no such file is an error. Stateless.
 */
public final class LiteLlmPriceImporter {
  /** The file has about 1.5 MB and three thousand entries; both bounds leave room to grow. */
  static final long MAX_BYTES = 32L * 1024 * 1024;

  static final int MAX_ENTRIES = 50_000;

  /**
   * Providers that bill for everything: a price of zero is an entry made before the price was
   * known, or for machines that are paid by the hour.
   */
  private static final Set<String> NEVER_FREE =
      Set.of(
          "azure",
          "azure_ai",
          "bedrock",
          "cloudflare",
          "fireworks_ai",
          "nvidia_nim",
          "sagemaker",
          "vertex_ai",
          "volcengine");

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(20)
                          .maxNumberLength(100)
                          .maxStringLength(1_000_000)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /**
   * What the prices of an import have in common.
   *
   * @param source the name of the source, such as {@code litellm}
   * @param learned the day on which the file was fetched
   * @param from when the prices begin to hold; null when they hold as far back as events go
   * @param importId tells the versions of this import from those of others on the same day; null
   *     when the day alone does
   */
  public record Terms(
      String source, LocalDate learned, @Nullable LocalDate from, @Nullable UUID importId) {
    /** The terms of a file of which only one is read a day. */
    public Terms(String source, LocalDate learned, @Nullable LocalDate from) {
      this(source, learned, from, null);
    }

    private String version(@Nullable String provider, String model) {
      String version = Price.versionOf(source, from == null ? learned : from, provider, model);
      return importId == null ? version : version + '@' + importId;
    }
  }

  /** An entry that gave no price, and why. */
  public record Skipped(String entry, String reason) {}

  /**
   * What a file gave.
   *
   * @param byEntry the prices by the name of their entry, in the file's order
   */
  public record Imported(Map<String, Price> byEntry, List<Skipped> skipped) {
    public Imported {
      byEntry = Collections.unmodifiableMap(new LinkedHashMap<>(byEntry));
      skipped = List.copyOf(skipped);
    }

    public List<Price> prices() {
      return List.copyOf(byEntry.values());
    }
  }

  /**
   * Reads a file to its end; closing is up to the caller.
   *
   * @throws ProblemException {@link ProblemCode#MALFORMED_BODY} if it is not a JSON object or has
   *     no usable entry at all, {@link ProblemCode#BODY_TOO_LARGE} if it is larger than 32 MiB or
   *     has more than 50,000 entries
   * @throws IOException if the stream fails
   */
  public Imported read(InputStream in, Terms terms) throws IOException {
    return read(in, terms, entries -> {});
  }

  /**
   * As {@link #read(InputStream, Terms)}.
   *
   * @param counting is told of each entry how many there are, before the entry is kept
   */
  Imported read(InputStream in, Terms terms, IntConsumer counting) throws IOException {
    Reading reading = new Reading(terms);
    try (JsonParser parser = JSON.createParser(new BoundedStream(in, MAX_BYTES))) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw malformed("The price file is not a JSON object.", null);
      }
      for (int entries = 0; parser.nextToken() == JsonToken.FIELD_NAME; entries++) {
        if (entries == MAX_ENTRIES) {
          throw new ProblemException(
              ProblemCode.BODY_TOO_LARGE,
              "The price file has more than " + MAX_ENTRIES + " entries.");
        }
        counting.accept(entries + 1);
        String key = parser.currentName();
        parser.nextToken();
        JsonNode entry = parser.readValueAsTree();
        reading.add(key, entry);
      }
      if (parser.nextToken() != null) {
        throw malformed("The price file goes on after its end.", null);
      }
    } catch (JsonProcessingException e) {
      // What is too deep or too long has no place.
      JsonLocation place = e.getLocation();
      throw malformed(
          "The price file is not valid JSON"
              + (place == null ? "" : " at line " + place.getLineNr())
              + ".",
          e);
    }
    if (reading.prices.isEmpty()) {
      throw malformed("The price file has no entry with a price.", null);
    }
    return reading.result();
  }

  private static ProblemException malformed(String detail, @Nullable Throwable cause) {
    return new ProblemException(ProblemCode.MALFORMED_BODY, detail, cause);
  }

  private static final class Reading {
    private final Terms terms;
    private final Map<String, Price> prices = new LinkedHashMap<>();
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final List<Skipped> skipped = new ArrayList<>();

    Reading(Terms terms) {
      this.terms = terms;
    }

    void add(String key, JsonNode entry) {
      try {
        read(key, entry);
      } catch (IllegalArgumentException | ArithmeticException e) {
        skip(key, String.valueOf(e.getMessage()));
      }
    }

    private void read(String key, JsonNode entry) {
      String listedBy = entry.path("litellm_provider").asText("");
      if (listedBy.isEmpty() || key.equals("sample_spec") || key.endsWith("/")) {
        skip(key, "not a model");
        return;
      }
      if (key.contains("-commitment/")) {
        skip(key, "the price of reserved time");
        return;
      }
      String provider = Providers.canonical(listedBy);
      String model = modelOf(key, provider);
      List<UnitPrice> unitPrices = LiteLlmEntry.unitPrices(key, entry);
      if (unitPrices.isEmpty()) {
        skip(key, hasIgnoredPrice(entry) ? "billed by what is not reported" : "no price");
        return;
      }
      if (unitPrices.stream().allMatch(price -> price.femtoUsd() == 0)
          && isPlaceholder(provider, model)) {
        skip(key, "a price of zero where nothing is free");
        return;
      }
      keep(key, price(provider, model, unitPrices));
    }

    private void keep(String key, Price price) {
      String identity = price.provider() + ' ' + price.model().toLowerCase(Locale.ROOT);
      @Nullable String other = keys.get(identity);
      if (other == null) {
        keys.put(identity, key);
        prices.put(identity, price);
        return;
      }
      // An entry that names its provider is about that provider; a bare one may be older.
      boolean replaces = key.length() > other.length();
      skip(replaces ? other : key, "the same model as " + (replaces ? key : other));
      if (replaces) {
        keys.put(identity, key);
        prices.put(identity, price);
      }
    }

    private Price price(String provider, String model, List<UnitPrice> unitPrices) {
      return new Price(
          terms.version(provider, model),
          provider,
          model,
          terms.from() == null ? Price.ALWAYS : start(terms.from()),
          null,
          start(terms.learned()),
          terms.source(),
          unitPrices);
    }

    private void skip(String key, String reason) {
      skipped.add(new Skipped(key, reason));
    }

    Imported result() {
      Map<String, Price> byEntry = new LinkedHashMap<>();
      prices.forEach((identity, price) -> byEntry.put(keys.getOrDefault(identity, ""), price));
      return new Imported(byEntry, skipped);
    }
  }

  static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** The model's name at its provider: the key without the provider that many keys begin with. */
  static String modelOf(String key, String provider) {
    int slash = key.indexOf('/');
    boolean prefixed = slash > 0 && Providers.canonical(key.substring(0, slash)).equals(provider);
    return prefixed ? key.substring(slash + 1) : key;
  }

  private static boolean isPlaceholder(String provider, String model) {
    return NEVER_FREE.contains(provider)
        || provider.equals("openrouter") && !model.endsWith("free");
  }

  private static boolean hasIgnoredPrice(JsonNode entry) {
    return LiteLlmFields.IGNORED.keySet().stream().anyMatch(entry::has)
        || entry.has("input_cost_per_second")
        || entry.has("output_cost_per_second");
  }
}
