package dev.tokenledger.alerting.explanation;

import dev.tokenledger.model.rollup.DimensionValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Attributes a change to few and coarse slices of many dimensions.
 *
 * <p>A slice's <em>surprise</em> is the Jensen–Shannon divergence of what it amounted to from what
 * was expected of it, as Adtributor has it (Bhagwan et al., “Adtributor: Revenue Debugging in
 * Advertising Systems”, NSDI 2014), here of amounts and of combinations of up to three dimensions.
 * It is convex and homogeneous, hence subadditive: a slice that is widened by what has not moved is
 * less surprising, and so is one from which something is left out that moved alike. Where all
 * leaves of a cause move by about the same ratio (the ripple effect of Squeeze: Li et al., “Generic
 * and Robust Localization of Multi-Dimensional Root Causes”, ISSRE 2019), the cause itself is the
 * most surprising slice.
 *
 * <p>Slices are taken one after the other, each from the leaves that are left, so that what they
 * account for adds up and several independent causes are found. Every further slice and every
 * further condition must pay for itself (Occam); of a few beginnings the one with the best balance
 * wins, and one of them is that everything moved alike.
 *
 * <p>Work is bounded: {@value #MAX_LEAVES} leaves and {@value #MAX_VALUES} values of a dimension;
 * what is smaller is put together as {@code (other)}, so that sums stay exact.
 */
final class Attribution {
  static final int MAX_CONDITIONS = 3;
  static final int MAX_SLICES = 4;
  static final int MAX_DIMENSIONS = 8;

  /** Six bits hold a value's code; zero stands for any value. */
  static final int MAX_VALUES = 62;

  /**
   * A search looks about twenty times at each leaf under each of up to 93 combinations of
   * dimensions: some tenths of a second for this many.
   */
  static final int MAX_LEAVES = 2_000;

  private static final int BITS = 6;
  private static final long ANY = 0;
  private static final int OTHER = 1;

  /**
   * What another slice must bring, as a part of the most surprising one: below it are noise and
   * what nobody would act upon.
   */
  private static final double PRICE_OF_SLICE = 0.05;

  /**
   * What each condition costs of a slice's surprise: among almost equal slices the coarsest wins.
   */
  private static final double PRICE_OF_CONDITION = 0.02;

  /**
   * How steep another slice must be beside the first, as a part of the logarithm of its ratio: what
   * always goes up and down a little is no second cause.
   */
  private static final double LEAST_STEEPNESS = 0.25;

  /** No second cause is flatter than this: a rise or fall by about a third. */
  private static final double FLATTEST = Math.log(1.35);

  /** Standard deviations that a second cause must lie beyond what moves by itself. */
  private static final double CERTAINTY = 3;

  /** The standard deviation of a normal distribution whose absolute values have the median 1. */
  private static final double MEDIAN_TO_DEVIATION = 1.4826;

  /** Beyond this ratio nothing is steeper; what is new or gone is as steep as this. */
  private static final double STEEPEST = 10;

  /** Slices of each number of conditions with which a search begins. */
  private static final int BEGINNINGS = 3;

  private final List<String> dimensions;
  private final List<Long> masks;
  private final List<Map<String, Integer>> codes = new ArrayList<>();
  private final List<List<String>> values = new ArrayList<>();

  /** The leaves, put together: codes of all values in one number, and amounts. */
  private final long[] keys;

  private final long[] observed;
  private final long[] expected;
  private final double[] squares;
  private final Cells cells;

  /**
   * What was found.
   *
   * @param slices disjoint, the one that accounts for most first; those that move against the whole
   *     come last
   */
  record Found(long observed, long expected, List<Slice> slices) {
    Found {
      slices = List.copyOf(slices);
    }

    long change() {
      return Math.subtractExact(observed, expected);
    }

    /** What the slices do not account for. */
    long rest() {
      long rest = change();
      for (Slice slice : slices) {
        rest = Math.subtractExact(rest, slice.change());
      }
      return rest;
    }

    /** Whether everything moved, rather than something. */
    boolean isOverall() {
      return !slices.isEmpty() && slices.get(0).values().isEmpty();
    }
  }

  /**
   * @param dimensions at most {@value #MAX_DIMENSIONS}; where two slices hold the same leaves, the
   *     one of the earlier dimension is told
   * @param leaves amounts must not be negative
   */
  static Found of(List<String> dimensions, List<Leaf> leaves) {
    return new Attribution(dimensions, leaves).search();
  }

  private Attribution(List<String> dimensions, List<Leaf> leaves) {
    if (dimensions.size() > MAX_DIMENSIONS) {
      throw new IllegalArgumentException("too many dimensions: " + dimensions);
    }
    this.dimensions = List.copyOf(dimensions);
    this.masks = masks(dimensions.size());
    for (int i = 0; i < dimensions.size(); i++) {
      encodeValues(i, leaves);
    }
    Map<Long, long[]> merged = new LinkedHashMap<>();
    leaves.stream()
        .sorted(Comparator.comparingLong(Attribution::weight).reversed())
        .forEach(leaf -> merge(merged, leaf));
    this.keys = merged.keySet().stream().mapToLong(Long::longValue).toArray();
    this.observed = merged.values().stream().mapToLong(amounts -> amounts[0]).toArray();
    this.expected = merged.values().stream().mapToLong(amounts -> amounts[1]).toArray();
    this.squares = new double[keys.length];
    for (int i = 0; i < keys.length; i++) {
      double weight = Math.max(observed[i], expected[i]);
      squares[i] = weight * weight;
    }
    this.cells = new Cells(keys.length);
  }

  private void encodeValues(int dimension, List<Leaf> leaves) {
    Map<String, Long> weights = new HashMap<>();
    for (Leaf leaf : leaves) {
      if (leaf.observed() < 0 || leaf.expected() < 0) {
        throw new IllegalArgumentException("a negative amount: " + leaf);
      }
      weights.merge(leaf.values().get(dimension), weight(leaf), Math::addExact);
    }
    Map<String, Integer> byValue = new HashMap<>();
    List<String> byCode = new ArrayList<>(List.of("", DimensionValues.OTHER));
    byValue.put(DimensionValues.OTHER, OTHER);
    weights.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(DimensionValues.OTHER))
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(MAX_VALUES - OTHER)
        .forEach(
            entry -> {
              byValue.put(entry.getKey(), byCode.size());
              byCode.add(entry.getKey());
            });
    codes.add(byValue);
    values.add(byCode);
  }

  private static long weight(Leaf leaf) {
    return Math.max(leaf.observed(), leaf.expected());
  }

  private void merge(Map<Long, long[]> merged, Leaf leaf) {
    long key = 0;
    long rest = 0;
    for (int i = 0; i < dimensions.size(); i++) {
      long code = codes.get(i).getOrDefault(leaf.values().get(i), OTHER);
      key |= code << (BITS * i);
      rest |= (long) OTHER << (BITS * i);
    }
    long[] amounts = merged.get(key);
    if (amounts == null) {
      amounts =
          merged.computeIfAbsent(
              merged.size() < MAX_LEAVES - 1 ? key : rest, ignored -> new long[2]);
    }
    amounts[0] = Math.addExact(amounts[0], leaf.observed());
    amounts[1] = Math.addExact(amounts[1], leaf.expected());
  }

  /** For each combination of dimensions a mask of their bits, those of fewer dimensions first. */
  private static List<Long> masks(int dimensions) {
    List<Long> masks = new ArrayList<>();
    for (int set = 0; set < 1 << dimensions; set++) {
      if (Integer.bitCount(set) <= MAX_CONDITIONS) {
        long mask = ANY;
        for (int i = 0; i < dimensions; i++) {
          if ((set >> i & 1) == 1) {
            mask |= ((1L << BITS) - 1) << (BITS * i);
          }
        }
        masks.add(mask);
      }
    }
    masks.sort(Comparator.comparingInt(Attribution::conditions).thenComparing(mask -> mask));
    return masks;
  }

  private static int conditions(long mask) {
    return Long.bitCount(mask) / BITS;
  }

  /**
   * A slice as it is being weighed.
   *
   * @param squares sum of the squares of its leaves' weights: how far it is made of a few
   */
  private record Candidate(long mask, long key, long observed, long expected, double squares) {
    private double worth() {
      return surprise(observed, expected) * (1 - PRICE_OF_CONDITION * conditions(mask));
    }

    private long change() {
      return observed - expected;
    }

    /** How far its ratio goes astray by itself, when its leaves do so by the given measure. */
    private double unsteadiness(double ofLeaves) {
      return ofLeaves * Math.sqrt(squares) / Math.max(observed, expected);
    }
  }

  /**
   * The Jensen–Shannon divergence of two amounts, in their unit: zero where they are equal, at most
   * ln 2 times their sum.
   */
  static double surprise(double observed, double expected) {
    double both = observed + expected;
    return both <= 0 ? 0 : Math.max(0, part(observed, both) + part(expected, both));
  }

  private static double part(double amount, double both) {
    return amount <= 0 ? 0 : amount * Math.log(2 * amount / both);
  }

  private Found search() {
    long allObserved = sum(observed);
    long allExpected = sum(expected);
    int direction = Long.signum(allObserved - allExpected);
    boolean[] free = new boolean[keys.length];
    Arrays.fill(free, true);
    List<Candidate> beginnings = beginnings(free, direction);
    double yardstick = beginnings.stream().mapToDouble(Candidate::worth).max().orElse(0);
    List<Candidate> best = List.of();
    double bestBalance = 0;
    for (Candidate beginning : beginnings) {
      List<Candidate> chain = continued(beginning, yardstick, direction);
      double balance =
          chain.stream().mapToDouble(c -> c.worth() - PRICE_OF_SLICE * yardstick).sum();
      if (balance > bestBalance) {
        best = chain;
        bestBalance = balance;
      }
    }
    Comparator<Candidate> withTheWholeFirst =
        Comparator.comparing((Candidate c) -> Long.signum(c.change()) != direction);
    return new Found(
        allObserved,
        allExpected,
        best.stream()
            .sorted(
                withTheWholeFirst.thenComparing(
                    Comparator.comparingLong((Candidate c) -> Math.abs(c.change())).reversed()))
            .map(this::slice)
            .toList());
  }

  /**
   * With which slices to begin: everything, and the most surprising of one, two and three
   * conditions. A wide slice that holds two causes may be more surprising than each of them; what
   * follows tells which way is the better one.
   */
  private List<Candidate> beginnings(boolean[] free, int direction) {
    List<List<Candidate>> byConditions = new ArrayList<>();
    for (int i = 0; i <= MAX_CONDITIONS; i++) {
      byConditions.add(new ArrayList<>());
    }
    candidates(
        free,
        candidate -> {
          if (Long.signum(candidate.change()) == direction) {
            List<Candidate> best = byConditions.get(conditions(candidate.mask()));
            int at = best.size();
            while (at > 0 && best.get(at - 1).worth() < candidate.worth()) {
              at--;
            }
            best.add(at, candidate);
            if (best.size() > BEGINNINGS) {
              best.remove(BEGINNINGS);
            }
          }
        });
    return byConditions.stream().flatMap(List::stream).toList();
  }

  /** A slice and what is taken after it, as long as something is worth its price. */
  private List<Candidate> continued(Candidate beginning, double yardstick, int direction) {
    List<Candidate> chain = new ArrayList<>();
    boolean[] free = new boolean[keys.length];
    Arrays.fill(free, true);
    double least = Math.max(FLATTEST, LEAST_STEEPNESS * steepness(beginning));
    Candidate next = beginning;
    while (next != null) {
      chain.add(next);
      take(free, next);
      next = null;
      if (chain.size() < MAX_SLICES && beginning.mask() != ANY) {
        Best best = new Best(PRICE_OF_SLICE * yardstick, least, direction);
        candidates(free, best);
        next = best.candidate;
      }
    }
    double ofLeaves = unsteadiness(free);
    chain.removeIf(
        slice -> slice != beginning && steepness(slice) < CERTAINTY * slice.unsteadiness(ofLeaves));
    return chain;
  }

  /** Keeps the most surprising slice; what moves against the whole must be twice as surprising. */
  private static final class Best implements Consumer<Candidate> {
    private final double leastSteepness;
    private final int direction;
    private double weight;
    private @Nullable Candidate candidate;

    private Best(double leastWorth, double leastSteepness, int direction) {
      this.weight = leastWorth;
      this.leastSteepness = leastSteepness;
      this.direction = direction;
    }

    @Override
    public void accept(Candidate other) {
      double worth = other.worth();
      double otherWeight = Long.signum(other.change()) == direction ? worth : worth / 2;
      if (otherWeight > weight && steepness(other) >= leastSteepness) {
        weight = otherWeight;
        candidate = other;
      }
    }
  }

  /**
   * How far a leaf goes astray by itself: the median of the logarithms of the ratios of the leaves
   * that belong to no slice, weighed, as a standard deviation.
   */
  private double unsteadiness(boolean[] free) {
    record Step(double steepness, double weight) {}
    List<Step> steps = new ArrayList<>();
    double half = 0;
    for (int i = 0; i < keys.length; i++) {
      if (free[i] && squares[i] > 0) {
        Step step = new Step(steepness(observed[i], expected[i]), Math.sqrt(squares[i]));
        steps.add(step);
        half += step.weight() / 2;
      }
    }
    steps.sort(Comparator.comparingDouble(Step::steepness));
    for (Step step : steps) {
      half -= step.weight();
      if (half <= 0) {
        return MEDIAN_TO_DEVIATION * step.steepness();
      }
    }
    return 0;
  }

  /** How far a slice is from its usual, whichever way: the logarithm of the ratio, bounded. */
  private static double steepness(Candidate candidate) {
    return steepness(candidate.observed(), candidate.expected());
  }

  private static double steepness(long observed, long expected) {
    double most = Math.max(observed, expected);
    double least = Math.min(observed, expected);
    return least * STEEPEST <= most ? Math.log(STEEPEST) : Math.log(most / least);
  }

  private void take(boolean[] free, Candidate slice) {
    for (int i = 0; i < keys.length; i++) {
      if ((keys[i] & slice.mask()) == slice.key()) {
        free[i] = false;
      }
    }
  }

  /** Shows all slices of the free leaves, those of fewer and of earlier dimensions first. */
  private void candidates(boolean[] free, Consumer<Candidate> to) {
    for (long mask : masks) {
      cells.clear();
      for (int i = 0; i < keys.length; i++) {
        if (free[i]) {
          // The highest bit keeps the key of everything from being zero.
          cells.add(keys[i] & mask | Long.MIN_VALUE, observed[i], expected[i], squares[i]);
        }
      }
      for (int i = 0; i < cells.size(); i++) {
        to.accept(
            new Candidate(
                mask,
                cells.key(i) & Long.MAX_VALUE,
                cells.observed(i),
                cells.expected(i),
                cells.squares(i)));
      }
    }
  }

  private Slice slice(Candidate candidate) {
    Map<String, String> conditions = new LinkedHashMap<>();
    for (int i = 0; i < dimensions.size(); i++) {
      int code = (int) (candidate.key() >> (BITS * i)) & ((1 << BITS) - 1);
      if (code != ANY) {
        conditions.put(dimensions.get(i), values.get(i).get(code));
      }
    }
    return new Slice(conditions, candidate.observed(), candidate.expected());
  }

  private static long sum(long[] amounts) {
    return Arrays.stream(amounts).reduce(0, Math::addExact);
  }
}
