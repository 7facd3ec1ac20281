package dev.tokenledger.ingest.usage;

import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.BillableUnits;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage details of Langfuse's data model: amounts by free names, where those that begin
 * with {@code input} and {@code output} stand beside each other and do not overlap. A client that
 * means them to overlap can be told by its total, which is then input and output alone. Names of a
 * provider ({@code prompt_tokens}) mean a provider's block.
 */
public final class LangfuseUsage {
  private LangfuseUsage() {}

  /**
   * @param details the details as {@link UsageJson#flatten} gives them
   */
  public static ReportedUsage read(Map<String, Object> details) throws BadUsageException {
    if (details.containsKey("prompt_tokens")
        || details.containsKey("completion_tokens")
        || details.containsKey("input_tokens")
        || details.containsKey("output_tokens")) {
      return ProviderUsage.read(details);
    }
    Map<UsageCount, Long> counts = new EnumMap<>(UsageCount.class);
    long beside = 0;
    long inputBeside = 0;
    long outputBeside = 0;
    for (Map.Entry<String, Object> detail : details.entrySet()) {
      UsageCount measure = measure(detail.getKey());
      if (measure == null) {
        continue;
      }
      long count = TokenCount.parse(detail.getKey(), detail.getValue());
      if (count < 0) {
        continue;
      }
      switch (measure) {
        case INPUT, OUTPUT, TOTAL -> {
          if (isSide(detail.getKey())) {
            counts.merge(measure, count, Math::max);
            continue;
          }
        }
        case CACHE_WRITE_1H -> {
          counts.merge(UsageCount.CACHE_WRITE_1H, count, Long::sum);
          counts.merge(UsageCount.CACHE_WRITE, count, Long::sum);
        }
        default -> counts.merge(measure, count, Long::sum);
      }
      beside += count;
      if (isOutput(measure)) {
        outputBeside += count;
      } else {
        inputBeside += count;
      }
    }
    if (beside > TokenCount.MAX) {
      throw new BadUsageException(
          RejectionCode.VALUE_TOO_LARGE, "The usage details add up to more than one call can use.");
    }
    long input = counts.getOrDefault(UsageCount.INPUT, 0L);
    long output = counts.getOrDefault(UsageCount.OUTPUT, 0L);
    boolean overlap = counts.getOrDefault(UsageCount.TOTAL, -1L) == input + output;
    if (beside > 0 && !overlap) {
      counts.put(UsageCount.INPUT, input + inputBeside);
      counts.put(UsageCount.OUTPUT, output + outputBeside);
    }
    return new ReportedUsage(counts, Containment.INSIDE, Containment.INSIDE, BillableUnits.NONE);
  }

  private static boolean isSide(String name) {
    return name.equals("input") || name.equals("output") || name.equals("total");
  }

  private static boolean isOutput(UsageCount measure) {
    return switch (measure) {
      case OUTPUT, REASONING, AUDIO_OUTPUT, IMAGE_OUTPUT -> true;
      case INPUT, TOTAL, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H, AUDIO_INPUT, IMAGE_INPUT -> false;
    };
  }

  private static @Nullable UsageCount measure(String name) {
    if (name.equals("total")) {
      return UsageCount.TOTAL;
    }
    if (name.contains("cache")) {
      boolean write = name.contains("creation") || name.contains("write");
      return !write
          ? UsageCount.CACHE_READ
          : name.contains("1h") ? UsageCount.CACHE_WRITE_1H : UsageCount.CACHE_WRITE;
    }
    if (name.contains("reasoning") || name.contains("thought") || name.contains("thinking")) {
      return UsageCount.REASONING;
    }
    boolean output = name.startsWith("output") || name.startsWith("completion");
    if (!output && !name.startsWith("input") && !name.startsWith("prompt")) {
      return null;
    }
    if (name.contains("audio")) {
      return output ? UsageCount.AUDIO_OUTPUT : UsageCount.AUDIO_INPUT;
    }
    if (name.contains("image")) {
      return output ? UsageCount.IMAGE_OUTPUT : UsageCount.IMAGE_INPUT;
    }
    return output ? UsageCount.OUTPUT : UsageCount.INPUT;
  }
}
