package dev.tokenledger.alerting.explanation;

import java.util.Locale;

/** What can be said of a change. */
enum Verdict {
  /** A few slices account for at least half of it. */
  CAUSES,
  /** Everything moved alike. */
  OVERALL,
  /** There is a change, and no few slices account for it. */
  UNCLEAR,
  /** The mix changed, between slices whose rates always differ. */
  MIX,
  /** Usually there is nothing, so that no part can depart more than another. */
  NEW,
  /** It is about as usual. */
  STEADY,
  /** There is nothing to compare with. */
  NO_BASELINE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
