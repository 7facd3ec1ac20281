package dev.tokenledger.alerting.notification;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Something to be told, before it has the form of any channel. It is stored with each delivery, so
 * that every attempt and replay says the same.
 *
 * @param type what happened, with a dot: {@code budget.threshold_crossed}; the {@code type} of a
 *     webhook
 * @param timestamp when it happened
 * @param title one line, without markup
 * @param text one or a few sentences, without markup
 * @param dedupeKey the same for everything that is told of one condition, from its beginning to its
 *     end: by it a receiver knows what a later message belongs to
 * @param labels by which receivers route and group, such as {@code budget} or {@code agent}
 * @param facts figures to be shown beside the text, in this order
 * @param data the {@code data} of a webhook, for programs; texts, numbers, lists and maps
 */
public record Notification(
    String type,
    Instant timestamp,
    Severity severity,
    Status status,
    String title,
    String text,
    String dedupeKey,
    Map<String, String> labels,
    List<Fact> facts,
    Map<String, Object> data) {

  public Notification {
    labels = Map.copyOf(labels);
    facts = List.copyOf(facts);
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
  }

  /** Whether the condition holds. */
  public enum Status {
    FIRING,
    RESOLVED;

    /**
     * @throws IllegalArgumentException if there is no such status
     */
    @JsonCreator
    public static Status of(String label) {
      return valueOf(label.toUpperCase(Locale.ROOT));
    }

    @JsonValue
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A figure with its name, as they are shown. */
  public record Fact(String name, String value) {}
}
