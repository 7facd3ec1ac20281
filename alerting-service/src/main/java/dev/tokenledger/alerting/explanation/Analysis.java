package dev.tokenledger.alerting.explanation;

import dev.tokenledger.model.rollup.DimensionValues;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What moved and why, of figures that have been read. Pure.
 *
 * <p>A sum is taken apart as it is: each leaf against its mean over the baseline's windows, scaled
 * so that all leaves add up to the usual total. A rate or mean is taken apart by what is above its
 * line: each leaf against its own volume at its own usual rate, so that a leaf that is only busier
 * explains nothing. What then remains of the change is due to the mix: leaves whose rates always
 * differ have other shares of the volume than usual.
 *
 * @param change of a sum, observed less usual; of a rate, what is above the line less what would be
 *     at the usual rate of all
 * @param mix the part of the change of a rate that is due to the mix
 * @param restPercent of the change, that neither causes nor mix account for
 */
record Analysis(
    Figure observed,
    Figure usual,
    long change,
    Verdict verdict,
    List<Cause> causes,
    long mix,
    int mixPercent,
    int restPercent) {
  /** A change by less than a part in this many is none. */
  private static final long STEADY = 20;

  Analysis {
    causes = List.copyOf(causes);
  }

  /**
   * @param observed figures by leaf
   * @param baseline the same for each of the earlier windows
   */
  static Analysis of(
      Quantity quantity,
      List<String> dimensions,
      Map<List<String>, Figure> observed,
      List<Map<List<String>, Figure>> baseline) {
    Figure now = total(observed.values());
    if (baseline.isEmpty()) {
      return new Analysis(now, Figure.ZERO, now.part(), Verdict.NO_BASELINE, List.of(), 0, 0, 0);
    }
    return quantity.isRatio()
        ? ofRatio(dimensions, observed, now, baseline)
        : ofSum(dimensions, observed, now, baseline);
  }

  /** The same with other causes. */
  Analysis with(List<Cause> others) {
    return new Analysis(observed, usual, change, verdict, others, mix, mixPercent, restPercent);
  }

  private static Figure total(Collection<Figure> figures) {
    return figures.stream().reduce(Figure.ZERO, Figure::plus);
  }

  private static Analysis ofSum(
      List<String> dimensions,
      Map<List<String>, Figure> observed,
      Figure now,
      List<Map<List<String>, Figure>> baseline) {
    long usual =
        middle(baseline.stream().mapToLong(window -> total(window.values()).part()).toArray());
    long change = Math.subtractExact(now.part(), usual);
    Figure usually = new Figure(usual, 0);
    if (isSteady(now.part(), usual)) {
      return new Analysis(now, usually, change, Verdict.STEADY, List.of(), 0, 0, 0);
    }
    if (usual == 0) {
      List<Cause> largest = largest(dimensions, observed, now.part()).stream().toList();
      int rest = 100 - largest.stream().mapToInt(Cause::percent).sum();
      return new Analysis(now, usually, change, Verdict.NEW, largest, 0, 0, rest);
    }
    Attribution.Found found = Attribution.of(dimensions, scaled(observed, pooled(baseline), usual));
    Shared shared = Shared.of(found.slices(), change, 0);
    List<Cause> causes = new ArrayList<>();
    for (int i = 0; i < found.slices().size(); i++) {
      Slice slice = found.slices().get(i);
      causes.add(
          new Cause(
              slice.values(),
              new Figure(slice.observed(), 0),
              new Figure(slice.expected(), 0),
              slice.change(),
              shared.causes.get(i),
              null));
    }
    return new Analysis(now, usually, change, verdict(found, change), causes, 0, 0, shared.rest);
  }

  /** The value that half or more of a sum comes from, of the first dimension that has one. */
  private static Optional<Cause> largest(
      List<String> dimensions, Map<List<String>, Figure> observed, long total) {
    for (String dimension : dimensions) {
      int position = dimensions.indexOf(dimension);
      Map<String, Figure> byValue = new TreeMap<>();
      observed.forEach(
          (values, figure) -> byValue.merge(values.get(position), figure, Figure::plus));
      Optional<Cause> cause =
          byValue.entrySet().stream()
              .filter(entry -> !entry.getKey().equals(DimensionValues.NONE))
              .filter(entry -> entry.getValue().part() >= total - entry.getValue().part())
              .findFirst()
              .map(
                  entry ->
                      new Cause(
                          Map.of(dimension, entry.getKey()),
                          entry.getValue(),
                          Figure.ZERO,
                          entry.getValue().part(),
                          (int) scale(entry.getValue().part(), 100, total),
                          null));
      if (cause.isPresent()) {
        return cause;
      }
    }
    return Optional.empty();
  }

  /** The leaves, with what is expected of each scaled so that all add up to the given total. */
  static List<Leaf> scaled(
      Map<List<String>, Figure> observed, Map<List<String>, Figure> baseline, long total) {
    long all = total(baseline.values()).part();
    Map<List<String>, Long> expected = new LinkedHashMap<>();
    long left = all == 0 ? 0 : total;
    for (Map.Entry<List<String>, Figure> entry : baseline.entrySet()) {
      long part = all == 0 ? 0 : scale(entry.getValue().part(), total, all);
      expected.put(entry.getKey(), part);
      left -= part;
    }
    long remainder = left;
    // Rounding leaves less than one unit for each leaf; the largest one does not notice.
    expected.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .ifPresent(largest -> largest.setValue(largest.getValue() + remainder));
    List<Leaf> leaves = new ArrayList<>();
    for (List<String> values : keys(observed, baseline)) {
      leaves.add(
          new Leaf(
              values,
              observed.getOrDefault(values, Figure.ZERO).part(),
              expected.getOrDefault(values, 0L)));
    }
    return leaves;
  }

  private static Analysis ofRatio(
      List<String> dimensions,
      Map<List<String>, Figure> observed,
      Figure now,
      List<Map<List<String>, Figure>> baseline) {
    Map<List<String>, Figure> before = pooled(baseline);
    Figure usual = total(before.values());
    if (now.whole() == 0 || usual.whole() == 0) {
      return new Analysis(now, usual, 0, Verdict.NO_BASELINE, List.of(), 0, 0, 0);
    }
    long asUsual = scale(now.whole(), usual.part(), usual.whole());
    long change = Math.subtractExact(now.part(), asUsual);
    if (isSteady(now.part(), asUsual)) {
      return new Analysis(now, usual, change, Verdict.STEADY, List.of(), 0, 0, 0);
    }
    List<Leaf> byRate = new ArrayList<>();
    List<Leaf> byMix = new ArrayList<>();
    for (List<String> values : keys(observed, before)) {
      Figure leafNow = observed.getOrDefault(values, Figure.ZERO);
      Figure leafBefore = before.getOrDefault(values, Figure.ZERO);
      long atOwnRate = atUsualRate(leafNow.whole(), leafBefore, usual);
      byRate.add(new Leaf(values, leafNow.part(), atOwnRate));
      byMix.add(
          new Leaf(
              values,
              atOwnRate,
              atUsualRate(
                  scale(leafBefore.whole(), now.whole(), usual.whole()), leafBefore, usual)));
    }
    long expected = byRate.stream().mapToLong(Leaf::expected).reduce(0, Math::addExact);
    long mix = Math.subtractExact(expected, asUsual);
    boolean isMix = Long.signum(mix) == Long.signum(change) && Math.abs(mix) > Math.abs(change) / 2;
    Attribution.Found found = Attribution.of(dimensions, isMix ? byMix : byRate);
    Shared shared = Shared.of(found.slices(), change, isMix ? 0 : mix);
    List<Cause> causes = new ArrayList<>();
    for (int i = 0; i < found.slices().size(); i++) {
      Slice slice = found.slices().get(i);
      causes.add(
          new Cause(
              slice.values(),
              within(dimensions, slice.values(), observed),
              within(dimensions, slice.values(), before),
              slice.change(),
              shared.causes.get(i),
              null));
    }
    return new Analysis(
        now,
        usual,
        change,
        isMix ? Verdict.MIX : verdict(found, change),
        causes,
        mix,
        shared.mix,
        shared.rest);
  }

  private static Figure within(
      List<String> dimensions, Map<String, String> slice, Map<List<String>, Figure> figures) {
    return total(
        figures.entrySet().stream()
            .filter(
                entry ->
                    slice.entrySet().stream()
                        .allMatch(
                            value ->
                                entry
                                    .getKey()
                                    .get(dimensions.indexOf(value.getKey()))
                                    .equals(value.getValue())))
            .map(Map.Entry::getValue)
            .toList());
  }

  /**
   * What is above the line for a volume at a leaf's usual rate. A leaf of which little is known is
   * taken to be more like all: as if it had had a thousandth of all volume at the rate of all.
   */
  private static long atUsualRate(long volume, Figure leaf, Figure all) {
    BigInteger whole = BigInteger.valueOf(all.whole());
    BigInteger assumed = BigInteger.valueOf(Math.max(1, all.whole() / 1_000));
    BigInteger above =
        BigInteger.valueOf(leaf.part())
            .multiply(whole)
            .add(assumed.multiply(BigInteger.valueOf(all.part())));
    BigInteger below = BigInteger.valueOf(leaf.whole()).add(assumed).multiply(whole);
    return BigInteger.valueOf(volume).multiply(above).divide(below).longValueExact();
  }

  /** Percents of a change that add up to 100. */
  private record Shared(List<Integer> causes, int mix, int rest) {
    static Shared of(List<Slice> slices, long change, long mix) {
      List<Long> parts = new ArrayList<>(slices.stream().map(Slice::change).toList());
      long rest = Math.subtractExact(change, mix);
      for (long part : parts) {
        rest = Math.subtractExact(rest, part);
      }
      parts.add(mix);
      parts.add(rest);
      List<Integer> percents = Shares.of(parts);
      int causes = slices.size();
      return new Shared(
          percents.subList(0, causes), percents.get(causes), percents.get(causes + 1));
    }
  }

  private static Verdict verdict(Attribution.Found found, long change) {
    if (found.isOverall()) {
      return Verdict.OVERALL;
    }
    long explained =
        found.slices().stream()
            .mapToLong(Slice::change)
            .filter(part -> Long.signum(part) == Long.signum(change))
            .sum();
    return Math.abs(explained) >= Math.abs(change) / 2 ? Verdict.CAUSES : Verdict.UNCLEAR;
  }

  private static boolean isSteady(long observed, long usual) {
    return Math.abs(observed - usual) <= usual / STEADY;
  }

  /** The figures of some windows, added up by leaf. */
  static Map<List<String>, Figure> pooled(List<Map<List<String>, Figure>> windows) {
    Map<List<String>, Figure> pooled = new LinkedHashMap<>();
    windows.forEach(
        window -> window.forEach((values, figure) -> pooled.merge(values, figure, Figure::plus)));
    return pooled;
  }

  private static Set<List<String>> keys(
      Map<List<String>, Figure> one, Map<List<String>, Figure> other) {
    Set<List<String>> keys = new LinkedHashSet<>(one.keySet());
    keys.addAll(other.keySet());
    return keys;
  }

  /** The median of three or more, or the mean of fewer, rounded down. */
  static long middle(long[] totals) {
    long[] sorted = totals.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : Math.floorDiv(Math.addExact(sorted[middle - 1], sorted[middle]), 2L);
  }

  /** amount × numerator ÷ denominator, rounded down. */
  static long scale(long amount, long numerator, long denominator) {
    return BigInteger.valueOf(amount)
        .multiply(BigInteger.valueOf(numerator))
        .divide(BigInteger.valueOf(denominator))
        .longValueExact();
  }
}
