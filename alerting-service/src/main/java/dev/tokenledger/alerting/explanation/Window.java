package dev.tokenledger.alerting.explanation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;

/**
 * A stretch of time that is looked at.
 *
 * @param end exclusive
 */
public record Window(Instant start, Instant end) {
  public Window {
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("the window from " + start + " to " + end + " is empty");
    }
  }

  /** The window of some length that ends at a moment. */
  public static Window endingAt(Instant end, Duration length) {
    return new Window(end.minus(length), end);
  }

  public Duration length() {
    return Duration.between(start, end);
  }

  /** From one window to the one that it is compared with. */
  public enum Step {
    /** To the window of the same length that ends where this one starts. */
    PREVIOUS,
    /** To the same time of the day before. */
    DAY,
    /** To the same time of the same weekday of the week before. */
    WEEK
  }

  /**
   * The window some steps earlier. It has the same length, so that amounts can be compared; by days
   * and weeks, its end has the same local time, or where a change of clocks skips that, the time
   * after the gap.
   */
  public Window earlier(Step step, int steps, ZoneId zone) {
    return endingAt(
        switch (step) {
          case PREVIOUS -> end.minus(length().multipliedBy(steps));
          case DAY -> end.atZone(zone).minusDays(steps).toInstant();
          case WEEK -> end.atZone(zone).minusWeeks(steps).toInstant();
        },
        length());
  }

  /** This window with its start moved back. */
  Window from(Instant earlierStart) {
    return new Window(earlierStart, end);
  }
}
