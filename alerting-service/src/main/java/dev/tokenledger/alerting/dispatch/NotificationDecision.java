package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.HistoryEvent;
import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What one channel is told now of one incident.
 *
 * @param tell the transitions that are told, in their order
 * @param drop those that are told no more: overtaken while they were held back, the beginning of
 *     something that matters less than the channel wants, or the end of something of which it never
 *     heard
 * @param hold those that stay, muted
 */
record NotificationDecision(List<Untold> tell, List<Untold> drop, List<Untold> hold) {

  NotificationDecision {
    tell = List.copyOf(tell);
    drop = List.copyOf(drop);
    hold = List.copyOf(hold);
  }

  /**
   * A transition of which a channel has not been told.
   *
   * @param muted whether it was muted when it was last looked at
   */
  record Untold(long entryId, HistoryEvent event, Severity severity, Instant arose, boolean muted) {
    boolean isEnd() {
      return event == HistoryEvent.RESOLVED;
    }

    /** Whether a channel is told of it that knows nothing of the incident yet. */
    boolean begins(Severity least) {
      return !isEnd() && severity.compareTo(least) >= 0;
    }
  }

  /** What mutes an incident on a channel. */
  enum Mute {
    NOTHING,
    /** A broader incident speaks for it, though not of its end. */
    INHIBITION,
    SILENCE
  }

  /**
   * Decides. What leaves at once is told transition by transition; what was held back, by muting or
   * by waiting for its group, is told as it stands in the end. Of an incident that a channel knows
   * it is told all, however little it matters by now.
   *
   * @param untold at least one, in their order
   * @param told whether the channel knows that the incident is not resolved
   * @param mute what mutes the incident now
   * @param together whether only the outcome counts, since a group is told at a time
   * @param least of which severity a beginning must be to be told; a group is judged as a whole, so
   *     that of its incidents every one is
   */
  static NotificationDecision of(
      List<Untold> untold, boolean told, Mute mute, boolean together, Severity least) {
    Untold last = untold.get(untold.size() - 1);
    boolean outcome = together || mute != Mute.NOTHING || wasMuted(untold);
    if (outcome && !told && last.isEnd()) {
      return new NotificationDecision(List.of(), untold, List.of());
    }
    if (mute == Mute.SILENCE || mute == Mute.INHIBITION && !last.isEnd()) {
      return new NotificationDecision(List.of(), List.of(), untold);
    }
    if (outcome) {
      return told || last.begins(least)
          ? new NotificationDecision(List.of(last), untold.subList(0, untold.size() - 1), List.of())
          : new NotificationDecision(List.of(), untold, List.of());
    }
    List<Untold> tell = new ArrayList<>();
    List<Untold> drop = new ArrayList<>();
    boolean known = told;
    for (Untold transition : untold) {
      if (known || transition.begins(least)) {
        tell.add(transition);
        known = !transition.isEnd();
      } else {
        drop.add(transition);
      }
    }
    return new NotificationDecision(tell, drop, List.of());
  }

  private static boolean wasMuted(List<Untold> untold) {
    return untold.stream().anyMatch(Untold::muted);
  }
}
