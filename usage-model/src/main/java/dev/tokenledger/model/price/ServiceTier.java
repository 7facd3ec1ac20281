package dev.tokenledger.model.price;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a provider was asked to treat a call, as far as it changes the price. {@link #ordinal()} is
 * never stored; {@link #label()} is.
 */
public enum ServiceTier {
  STANDARD,
  BATCH,
  FLEX,
  PRIORITY,
  /** Faster generation at a higher price; where a model has no such price, priority is meant. */
  FAST;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The tier of that label, or null. */
  public static @Nullable ServiceTier ofLabel(String label) {
    for (ServiceTier tier : values()) {
      if (tier.label().equals(label)) {
        return tier;
      }
    }
    return null;
  }

  /**
   * The tier that a reported name means. Absent, {@code auto}, {@code default}, reserved capacity
   * and whatever else changes no list price are {@link #STANDARD}.
   */
  public static ServiceTier of(@Nullable String reported) {
    if (reported == null || reported.equals("default") || reported.equals("standard")) {
      return STANDARD;
    }
    return switch (reported.toLowerCase(Locale.ROOT)) {
      case "batch", "batches" -> BATCH;
      case "flex", "on_demand_flex" -> FLEX;
      case "priority", "on_demand_priority" -> PRIORITY;
      case "fast" -> FAST;
      default -> STANDARD;
    };
  }
}
