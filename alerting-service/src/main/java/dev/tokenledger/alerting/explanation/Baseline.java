package dev.tokenledger.alerting.explanation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The earlier windows that tell what is usual. Of three or more, the usual is the median of their
 * totals, so that one unusual day does not make the next ones look usual; of fewer, the mean.
 *
 * @param step from window to window
 * @param windows how many; 0 where there is nothing to compare with
 */
public record Baseline(Window.Step step, int windows) {
  private static final int MOST_WEEKS = 4;
  private static final int MOST_DAYS = 7;
  private static final int MOST_PREVIOUS = 3;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  /**
   * The baseline of a window where nobody asks for another: the same time of up to four weeks, or
   * where history is shorter than two weeks, of up to seven days, or else the windows just before.
   *
   * @param historyStart since when there is anything
   */
  static Baseline usual(Window window, ZoneId zone, Instant historyStart) {
    int weeks = within(window, Window.Step.WEEK, MOST_WEEKS, zone, historyStart);
    if (weeks >= 2 && window.length().compareTo(WEEK) <= 0) {
      return new Baseline(Window.Step.WEEK, weeks);
    }
    int days = within(window, Window.Step.DAY, MOST_DAYS, zone, historyStart);
    if (days >= 1 && window.length().compareTo(DAY) <= 0) {
      return new Baseline(Window.Step.DAY, days);
    }
    return new Baseline(
        Window.Step.PREVIOUS,
        within(window, Window.Step.PREVIOUS, MOST_PREVIOUS, zone, historyStart));
  }

  /** This baseline without windows that begin before there was anything. */
  Baseline since(Instant historyStart, Window window, ZoneId zone) {
    return new Baseline(step, within(window, step, windows, zone, historyStart));
  }

  private static int within(
      Window window, Window.Step step, int most, ZoneId zone, Instant historyStart) {
    return (int)
        IntStream.rangeClosed(1, most)
            .takeWhile(n -> !window.earlier(step, n, zone).start().isBefore(historyStart))
            .count();
  }

  /** The windows before a window, the latest first. */
  List<Window> before(Window window, ZoneId zone) {
    return IntStream.rangeClosed(1, windows).mapToObj(n -> window.earlier(step, n, zone)).toList();
  }

  /** What the windows are, after "compared with". */
  String words(Window window) {
    String length = ExplanationText.length(window.length());
    return switch (step) {
      case PREVIOUS ->
          windows == 1
              ? "the " + length + " before"
              : "the " + windows + " × " + length + " before";
      case DAY ->
          windows == 1
              ? "the same " + length + " a day before"
              : "the same " + length + " of the " + windows + " days before";
      case WEEK ->
          windows == 1
              ? "the same " + length + " a week before"
              : "the same " + length + " of the " + windows + " weeks before";
    };
  }
}
