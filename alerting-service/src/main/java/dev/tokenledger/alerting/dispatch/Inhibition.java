package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which incidents speak for others. The unresolved incident of a budget mutes those of budgets
 * beneath it: whoever is told that the whole tenant has spent its money need not be told of each
 * agent. It speaks only for what is no more severe than itself, so that a warning about the whole
 * does not hide that a part has come to its end.
 */
final class Inhibition {
  private static final String BUDGET = "budget";

  private Inhibition() {}

  /** Whether one incident speaks for another, to the channels that hear of it. */
  static boolean speaksFor(Incident broad, Incident narrow) {
    Map<String, String> outer = scope(broad);
    Map<String, String> inner = scope(narrow);
    return broad.source().equals(BUDGET)
        && narrow.source().equals(BUDGET)
        && !broad.isResolved()
        && broad.severity().compareTo(narrow.severity()) >= 0
        && outer.size() < inner.size()
        && inner.entrySet().containsAll(outer.entrySet());
  }

  /** The labels that are not about the budget itself. */
  private static Map<String, String> scope(Incident incident) {
    Map<String, String> scope = new LinkedHashMap<>(incident.labels());
    scope.keySet().removeIf(label -> label.startsWith(BUDGET));
    return scope;
  }
}
