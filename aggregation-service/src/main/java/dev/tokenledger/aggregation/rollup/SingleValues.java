package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.sketch.QuantileSketch;
import dev.tokenledger.model.sketch.SketchSet;
import java.util.Arrays;

/**
 * The single durations and identities of a cell. Plain lists are smaller and faster than a sketch
 * for each cell while a batch is added up; the sketch is made once, at the end.
 */
final class SingleValues {
  /** Takes everything and keeps nothing. */
  static final SingleValues IGNORED = new SingleValues();

  private final LongList latencies = new LongList();
  private final LongList timesToFirstToken = new LongList();
  private final LongList durations = new LongList();
  private final LongList removedLatencies = new LongList();
  private final LongList removedTimesToFirstToken = new LongList();
  private final LongList removedDurations = new LongList();
  private final LongList users = new LongList();
  private final LongList sessions = new LongList();

  /**
   * Adds, or takes out, the durations of a single event.
   *
   * @param sums the event's contribution, with counts of 0 or 1
   */
  void event(EventMeasures sums, boolean removed, long userHash, long sessionHash) {
    if (this == IGNORED) {
      return;
    }
    if (sums.get(Measure.LATENCY_COUNT) != 0) {
      (removed ? removedLatencies : latencies).add(sums.get(Measure.LATENCY_SUM));
    }
    if (sums.get(Measure.TIME_TO_FIRST_TOKEN_COUNT) != 0) {
      (removed ? removedTimesToFirstToken : timesToFirstToken)
          .add(sums.get(Measure.TIME_TO_FIRST_TOKEN_SUM));
    }
    if (sums.get(Measure.DURATION_COUNT) != 0) {
      (removed ? removedDurations : durations).add(sums.get(Measure.DURATION_SUM));
    }
    if (!removed && userHash != 0) {
      users.add(userHash);
    }
    if (!removed && sessionHash != 0) {
      sessions.add(sessionHash);
    }
  }

  void add(SingleValues other) {
    if (this == IGNORED) {
      return;
    }
    latencies.addAll(other.latencies);
    timesToFirstToken.addAll(other.timesToFirstToken);
    durations.addAll(other.durations);
    removedLatencies.addAll(other.removedLatencies);
    removedTimesToFirstToken.addAll(other.removedTimesToFirstToken);
    removedDurations.addAll(other.removedDurations);
    users.addAll(other.users);
    sessions.addAll(other.sessions);
  }

  boolean isEmpty() {
    return latencies.size
            + timesToFirstToken.size
            + durations.size
            + removedLatencies.size
            + removedTimesToFirstToken.size
            + removedDurations.size
            + users.size
            + sessions.size
        == 0;
  }

  SketchSet toSketches() {
    SketchSet sketches = new SketchSet();
    count(latencies, removedLatencies, sketches.latency());
    count(timesToFirstToken, removedTimesToFirstToken, sketches.timeToFirstToken());
    count(durations, removedDurations, sketches.duration());
    for (int i = 0; i < users.size; i++) {
      sketches.users().add(users.values[i]);
    }
    for (int i = 0; i < sessions.size; i++) {
      sketches.sessions().add(sessions.values[i]);
    }
    return sketches;
  }

  private static void count(LongList added, LongList removed, QuantileSketch sketch) {
    for (int i = 0; i < added.size; i++) {
      sketch.add(added.values[i], 1);
    }
    for (int i = 0; i < removed.size; i++) {
      sketch.add(removed.values[i], -1);
    }
  }

  private static final class LongList {
    private static final long[] EMPTY = {};
    private long[] values = EMPTY;
    private int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, Math.max(8, size * 2));
      }
      values[size++] = value;
    }

    void addAll(LongList other) {
      if (other.size == 0) {
        return;
      }
      if (size + other.size > values.length) {
        values = Arrays.copyOf(values, Math.max(size + other.size, values.length * 2));
      }
      System.arraycopy(other.values, 0, values, size, other.size);
      size += other.size;
    }
  }
}
