package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.HistoryEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What one channel is told now of one incident.
 *
 * @param tell the transitions that are told, in their order
 * @param drop those that are told no more: overtaken while they were held back, or the end of
 *     something of which the channel never heard
 * @param hold those that stay, muted
 */
record Decision(List<Untold> tell, List<Untold> drop, List<Untold> hold) {

  Decision {
    tell = List.copyOf(tell);
    drop = List.copyOf(drop);
    hold = List.copyOf(hold);
  }

  /**
   * A transition of which a channel has not been told.
   *
   * @param muted whether it was muted when it was last looked at
   */
  record Untold(long entryId, HistoryEvent event, Instant arose, boolean muted) {
    boolean isEnd() {
      return event == HistoryEvent.RESOLVED;
    }
  }

  /**
   * Decides. What leaves at once is told transition by transition; what was held back, by muting or
   * by waiting for its group, is told as it stands in the end.
   *
   * @param untold at least one, in their order
   * @param told whether the channel knows that the incident is not resolved
   * @param muted whether the incident is muted now
   * @param together whether only the outcome counts, since a group is told at a time
   */
  static Decision of(List<Untold> untold, boolean told, boolean muted, boolean together) {
    Untold last = untold.get(untold.size() - 1);
    if (last.isEnd() && !told && (muted || together || wasMuted(untold))) {
      return new Decision(List.of(), untold, List.of());
    }
    if (muted) {
      return new Decision(List.of(), List.of(), untold);
    }
    if (together || wasMuted(untold)) {
      return new Decision(List.of(last), untold.subList(0, untold.size() - 1), List.of());
    }
    List<Untold> tell = new ArrayList<>();
    List<Untold> drop = new ArrayList<>();
    boolean known = told;
    for (Untold transition : untold) {
      if (transition.isEnd() && !known) {
        drop.add(transition);
      } else {
        tell.add(transition);
        known = !transition.isEnd();
      }
    }
    return new Decision(tell, drop, List.of());
  }

  private static boolean wasMuted(List<Untold> untold) {
    return untold.stream().anyMatch(Untold::muted);
  }
}
