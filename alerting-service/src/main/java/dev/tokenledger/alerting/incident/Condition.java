package dev.tokenledger.alerting.incident;

import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that holds now, as its source sees it.
 *
 * @param key the same for one condition from its beginning to its end, and for no other of the
 *     tenant: {@code budget:<id>:<period's start>}, {@code rule:<id>:<series>}; up to {@value
 *     #MAX_KEY} characters
 * @param source what kind of thing sees it: {@code budget}, {@code rule}, {@code anomaly}, {@code
 *     forecast}
 * @param sourceId of the budget or rule; null where there is none
 * @param level grows when it gets worse, and then the incident escalates; of a budget, the
 *     threshold in percent
 * @param severity when it is higher than it ever was at this level, the incident escalates, too
 * @param type of the notification when the incident opens or escalates: {@code
 *     budget.threshold_crossed}, {@code rule.firing}
 * @param title one line, without markup
 * @param text one or a few sentences, without markup
 * @param labels by which it is silenced, grouped, inhibited and routed. A budget gives {@code
 *     budget}, its name, and one label for each dimension of its scope ({@code agent}, {@code
 *     project}…); other labels about a budget itself must begin with {@code budget} too, so that
 *     they are not taken for its scope
 * @param facts figures to be shown beside the text, in this order
 * @param data for programs: the {@code data} of a webhook, the explanation included
 * @param channels where to; empty for all of the tenant's
 */
public record Condition(
    int tenantId,
    String key,
    String source,
    @Nullable UUID sourceId,
    int level,
    Severity severity,
    String type,
    String title,
    String text,
    Map<String, String> labels,
    List<Notification.Fact> facts,
    Map<String, Object> data,
    List<UUID> channels) {

  /** A key of this length still fits in an entry of an index, whatever its characters. */
  static final int MAX_KEY = 600;

  public Condition {
    if (key.isBlank() || key.length() > MAX_KEY) {
      throw new IllegalArgumentException(
          "a condition's key has from 1 to " + MAX_KEY + " characters, not " + key.length());
    }
    labels = Map.copyOf(labels);
    facts = List.copyOf(facts);
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
    channels = List.copyOf(channels);
  }
}
