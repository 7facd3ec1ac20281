package dev.tokenledger.bench.nab;

import java.time.Instant;
import java.util.List;

/**
 * One file of the corpus.
 *
 * @param group the folder, such as {@code realKnownCause}
 * @param name the file's name without {@code .csv}
 * @param times of the rows, as they come: a few files repeat some or step back
 * @param values one for each time
 * @param windows first and last row of each labelled window, ascending
 */
record NabSeries(
    String group, String name, List<Instant> times, double[] values, List<Window> windows) {

  /**
   * Rows that count as one anomaly.
   *
   * @param first inclusive
   * @param last inclusive
   */
  record Window(int first, int last) {}

  /** Of each file, at most of 5,000 rows, that much is there to learn from and is not scored. */
  private static final double PROBATION = 0.15;

  private static final int PROBATION_ROWS = 5_000;

  int rows() {
    return values.length;
  }

  /** Rows at the start that are not scored. */
  int probation() {
    return (int) Math.min(Math.floor(PROBATION * rows()), PROBATION * PROBATION_ROWS);
  }
}
