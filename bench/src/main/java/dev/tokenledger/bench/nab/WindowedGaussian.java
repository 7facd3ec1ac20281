package dev.tokenledger.bench.nab;

/**
 * The benchmark's own simple detector, 1 minus the tail of a normal distribution over the latest
 * 6,400 values, renewed every 100. Its scores are published file by file, which makes it the check
 * of {@link NabScorer}.
 */
final class WindowedGaussian {
  private static final int WINDOW = 6_400;
  private static final int STEP = 100;

  private WindowedGaussian() {}

  static double[] scores(double[] values) {
    double[] scores = new double[values.length];
    int from = 0;
    double mean = 0;
    double deviation = 1;
    for (int i = 0; i < values.length; i++) {
      scores[i] = i == 0 ? 0 : 1 - tail(Math.abs(values[i] - mean) / deviation);
      boolean filling = i < WINDOW;
      if (!filling && (i + 1 - WINDOW) % STEP != 0) {
        continue;
      }
      from = filling ? 0 : i + 1 - WINDOW;
      mean = 0;
      for (int j = from; j <= i; j++) {
        mean += values[j] / (i + 1 - from);
      }
      double squares = 0;
      for (int j = from; j <= i; j++) {
        squares += (values[j] - mean) * (values[j] - mean) / (i + 1 - from);
      }
      deviation = squares == 0 ? 0.000001 : Math.sqrt(squares);
    }
    return scores;
  }

  /**
   * The probability of more than z deviations; 0.5 erfc(z / √2), by the continued fraction where it
   * is small (Abramowitz and Stegun 26.2.14) and the series of 26.2.10 elsewhere.
   */
  private static double tail(double z) {
    double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    if (z > 3) {
      double fraction = z;
      for (int k = 200; k >= 1; k--) {
        fraction = z + k / fraction;
      }
      return density / fraction;
    }
    double term = z;
    double sum = z;
    for (int k = 1; k < 200; k++) {
      term *= z * z / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
}
