package dev.tokenledger.bench.report;

import java.util.List;
import java.util.Locale;

/** A figure that was measured several times. */
public record Spread(double median, double smallest, double largest, int runs) {
  public static Spread of(List<Double> figures) {
    if (figures.isEmpty()) {
      throw new IllegalArgumentException("there is no figure");
    }
    List<Double> sorted = figures.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1), sorted.size());
  }

  /** Such as {@code 27,736 (25,100–28,900 in 3 runs)}. */
  public String text(String format) {
    return String.format(
        Locale.ROOT,
        format + " (" + format + "–" + format + " in %d runs)",
        median,
        smallest,
        largest,
        runs);
  }
}
