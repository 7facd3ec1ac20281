package dev.tokenledger.ingest.otlp;

import java.util.HashMap;
import java.util.Map;

/**
 * Takes the attributes of a span, resource or event one by one and keeps those that are read, each
 * in its bounds. For one of them at a time; used by one thread.
 */
final class AttributeCollector {
  /** Attributes with names that the application chose; more than are stored of one event. */
  private static final int MAX_FREE = 128;

  /** Members of maps and lists that are looked at in one span. */
  private static final int MAX_MEMBERS = 4_096;

  private Map<String, Object> values = new HashMap<>();
  private boolean genAi;
  private long groups;
  private int free;
  private int members;
  private int characters;

  /** True when a scalar or list under this name is kept. Notes that the name was there. */
  boolean wants(String name) {
    genAi |= GenAiNames.isGenAi(name);
    return AttributeNames.known(name) != null || free < MAX_FREE && AttributeNames.isFree(name);
  }

  /** True when something in a map under this name is kept. */
  boolean wantsMap(String name) {
    return AttributeNames.leadsToKnown(name);
  }

  /** True as long as another member of a map or list may be read. */
  boolean hasRoom() {
    return members++ < MAX_MEMBERS;
  }

  /**
   * Keeps a value if it is wanted.
   *
   * @param value text, a number, a boolean, a list of these, or a map of all of them by name
   */
  void put(String name, Object value) {
    put(name, value, 0);
  }

  private void put(String name, Object value, int depth) {
    if (value instanceof Map<?, ?> map) {
      if (depth < Attributes.MAX_DEPTH) {
        map.forEach((key, member) -> put(name + '.' + key, member, depth + 1));
      }
      return;
    }
    AttributeNames.Known known = AttributeNames.known(name);
    if (known == null && !wants(name)) {
      return;
    }
    genAi |= GenAiNames.isGenAi(name);
    Object bounded = bounded(value, known == null ? Text.LONGEST : known.limit());
    if (known != null) {
      values.put(known.name(), bounded);
      groups |= known.groups();
    } else if (values.put(name, bounded) == null) {
      free++;
      characters += name.length();
    }
  }

  private Object bounded(Object value, int limit) {
    if (value instanceof String text) {
      String shortened = Text.shortened(text, limit);
      characters += shortened.length();
      return shortened;
    }
    return value;
  }

  /** Characters of text that were kept. */
  int characters() {
    return characters;
  }

  /** What was kept; the collector is empty then. */
  Attributes finish() {
    Attributes attributes =
        values.isEmpty() && !genAi ? Attributes.NONE : new Attributes(values, genAi, groups);
    clear();
    return attributes;
  }

  void clear() {
    values = new HashMap<>();
    genAi = false;
    groups = 0;
    free = 0;
    members = 0;
    characters = 0;
  }
}
