package dev.tokenledger.alerting.explanation;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Whole percents that add up to 100: largest remainders are rounded up. */
final class Shares {
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  private Shares() {}

  /**
   * @param parts of any sign, that add up to a whole other than zero
   * @return percents of the whole, that add up to 100
   */
  static List<Integer> of(List<Long> parts) {
    BigInteger whole =
        parts.stream().map(BigInteger::valueOf).reduce(BigInteger.ZERO, BigInteger::add);
    boolean negative = whole.signum() < 0;
    List<Integer> percents = new ArrayList<>();
    List<BigInteger> remainders = new ArrayList<>();
    for (long part : parts) {
      BigInteger scaled = BigInteger.valueOf(part).multiply(HUNDRED);
      scaled = negative ? scaled.negate() : scaled;
      BigInteger remainder = scaled.mod(whole.abs());
      percents.add(scaled.subtract(remainder).divide(whole.abs()).intValueExact());
      remainders.add(remainder);
    }
    int missing = 100 - percents.stream().mapToInt(Integer::intValue).sum();
    IntStream.range(0, parts.size())
        .boxed()
        .sorted(Comparator.comparing(remainders::get).reversed())
        .limit(missing)
        .forEach(i -> percents.set(i, percents.get(i) + 1));
    return percents;
  }
}
