package dev.tokenledger.ingest.usage;

import dev.tokenledger.model.event.TokenUsage;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives a report of usage the ledger's meaning: the input holds cached, cache-written, audio and
 * image input, the output holds reasoning.
 *
 * <p>Reports disagree on it. Where the spelling settles the question (a provider's own block) it is
 * followed. Where it only promises, the first reading is taken, in this order:
 *
 * <ol>
 *   <li>the usual one, or else another, under which input and output add up to the reporter's total
 *       and no part is larger than its whole;
 *   <li>the usual one, or else another, under which no part is larger than its whole.
 * </ol>
 *
 * So tokens are neither counted twice where they were already held, nor lost where they were not.
 */
public final class UsageNormaliser {
  private UsageNormaliser() {}

  /**
   * @param family provider and model as far as known, in one text. Of Gemini it is known that
   *     instrumentations drop the thoughts and keep them in the total; of OpenAI's models that
   *     parts are always held, so that a part larger than its whole is a wrong report and not
   *     another reading
   */
  public static NormalisedUsage normalise(ReportedUsage reported, @Nullable String family) {
    String name = family == null ? "" : family.toLowerCase(Locale.ROOT);
    Set<UsageFlag> flags = EnumSet.noneOf(UsageFlag.class);
    long cacheWrite1h = reported.get(UsageCount.CACHE_WRITE_1H);
    long cacheWrite = Math.max(reported.get(UsageCount.CACHE_WRITE), cacheWrite1h);
    long cached = reported.get(UsageCount.CACHE_READ);
    Sides sides = sides(reported, cached + cacheWrite, holdsItsParts(name), flags);
    long reasoning = reported.get(UsageCount.REASONING);
    long output = sides.output;
    if (reported.has(UsageCount.TOTAL) && sides.sum() != reported.get(UsageCount.TOTAL)) {
      long missing = reported.get(UsageCount.TOTAL) - sides.sum();
      if (missing > 0 && reasoning == 0 && isGemini(name)) {
        flags.add(UsageFlag.REASONING_FROM_TOTAL);
        reasoning = missing;
        output += missing;
      } else {
        flags.add(UsageFlag.TOTAL_DISAGREES);
      }
    }
    TokenUsage tokens =
        new TokenUsage(
            sides.input,
            output,
            cached,
            cacheWrite,
            cacheWrite1h,
            reasoning,
            reported.get(UsageCount.AUDIO_INPUT),
            reported.get(UsageCount.AUDIO_OUTPUT),
            reported.get(UsageCount.IMAGE_INPUT),
            reported.get(UsageCount.IMAGE_OUTPUT));
    return new NormalisedUsage(tokens, reported.units(), flags);
  }

  private record Sides(long input, long output) {
    long sum() {
      return input + output;
    }
  }

  private static Sides sides(
      ReportedUsage reported, long cacheParts, boolean holdsItsParts, Set<UsageFlag> flags) {
    boolean both = reported.has(UsageCount.INPUT) && reported.has(UsageCount.OUTPUT);
    if (reported.has(UsageCount.TOTAL) && !both) {
      return fromTotal(reported, cacheParts, flags);
    }
    Containment cache = reported.cache();
    Containment reasoning = reported.reasoning();
    Sides fallback = null;
    for (boolean cacheMoved : moves(cache)) {
      for (boolean reasoningMoved : moves(reasoning)) {
        boolean cacheOutside = cache.isOutside() != cacheMoved;
        boolean reasoningOutside = reasoning.isOutside() != reasoningMoved;
        Sides sides = place(reported, cacheParts, cacheOutside, reasoningOutside);
        boolean fits =
            cacheParts <= sides.input && reported.get(UsageCount.REASONING) <= sides.output;
        boolean proven =
            reported.has(UsageCount.TOTAL) && sides.sum() == reported.get(UsageCount.TOTAL);
        boolean addsUp = proven || !reported.has(UsageCount.TOTAL);
        boolean credible = proven || !holdsItsParts || !(cacheMoved || reasoningMoved);
        if (fits && credible && (addsUp || fallback == null)) {
          setMoved(flags, cacheMoved && cacheParts > 0, reasoningMoved);
          if (addsUp) {
            return sides;
          }
          fallback = sides;
        }
      }
    }
    // What contradicts itself stays as reported: the ledger flags such a call as impossible.
    return fallback == null
        ? place(reported, cacheParts, cache.isOutside(), reasoning.isOutside())
        : fallback;
  }

  private static boolean[] moves(Containment placement) {
    return placement.isFirm() ? new boolean[] {false} : new boolean[] {false, true};
  }

  private static void setMoved(Set<UsageFlag> flags, boolean cacheMoved, boolean reasoningMoved) {
    flags.remove(UsageFlag.CACHE_MOVED);
    flags.remove(UsageFlag.REASONING_MOVED);
    if (cacheMoved) {
      flags.add(UsageFlag.CACHE_MOVED);
    }
    if (reasoningMoved) {
      flags.add(UsageFlag.REASONING_MOVED);
    }
  }

  private static Sides place(
      ReportedUsage reported, long cacheParts, boolean cacheOutside, boolean reasoningOutside) {
    return new Sides(
        reported.get(UsageCount.INPUT) + (cacheOutside ? cacheParts : 0),
        reported.get(UsageCount.OUTPUT)
            + (reasoningOutside ? reported.get(UsageCount.REASONING) : 0));
  }

  /** One side is missing: the total says what it was. A bare total is input, as of an embedding. */
  private static Sides fromTotal(ReportedUsage reported, long cacheParts, Set<UsageFlag> flags) {
    long total = reported.get(UsageCount.TOTAL);
    if (total != reported.get(UsageCount.INPUT) + reported.get(UsageCount.OUTPUT)) {
      flags.add(UsageFlag.FROM_TOTAL);
    }
    long reasoning = reported.get(UsageCount.REASONING);
    if (reported.has(UsageCount.OUTPUT)) {
      long output = reported.get(UsageCount.OUTPUT);
      if (reported.reasoning().isOutside() || reasoning > output) {
        output += reasoning;
      }
      return new Sides(Math.max(total - output, cacheParts), output);
    }
    if (reported.has(UsageCount.INPUT)) {
      long input = reported.get(UsageCount.INPUT);
      if (reported.cache().isOutside() || cacheParts > input) {
        input += cacheParts;
      }
      return new Sides(input, Math.max(total - input, reasoning));
    }
    return new Sides(Math.max(total - reasoning, cacheParts), reasoning);
  }

  private static boolean isGemini(String family) {
    return family.contains("gemini") || family.contains("google") || family.contains("gcp");
  }

  private static boolean holdsItsParts(String family) {
    return family.contains("openai") && !isGemini(family) && !family.contains("claude");
  }
}
