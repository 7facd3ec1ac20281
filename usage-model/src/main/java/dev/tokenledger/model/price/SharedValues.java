package dev.tokenledger.model.price;

import java.util.HashMap;
import java.util.Map;

/**
 * Keeps equal values of many prices in memory once: names, moments, amounts. Used while prices are
 * read, then thrown away. Not thread-safe.
 */
public final class SharedValues {
  private final Map<Object, Object> known = new HashMap<>();

  /** The first value that was equal to the given one. */
  @SuppressWarnings("unchecked")
  <T> T of(T value) {
    Object first = known.putIfAbsent(value, value);
    return first == null ? value : (T) first;
  }
}
