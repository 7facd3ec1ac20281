package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a channel knows an incident by. It is settled with the first word of the incident and kept
 * until its end: receivers resolve what they were told under the same key.
 *
 * @param key the dedupe key
 * @param group the labels that the incidents of a group have in common; null for an incident that
 *     is told alone
 */
record GroupKey(String key, @Nullable Map<String, String> group) {
  GroupKey {
    group = group == null ? null : Collections.unmodifiableMap(new TreeMap<>(group));
  }

  /** What an incident is told under that a channel does not know. */
  static GroupKey of(Incident incident, Grouping grouping) {
    return grouping.groups()
        ? ofGroup(grouping.groupOf(incident.matchable()))
        : new GroupKey(incident.key(), null);
  }

  static GroupKey ofGroup(Map<String, String> group) {
    return new GroupKey("group:" + Grouping.key(group), group);
  }
}
