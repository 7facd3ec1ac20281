package dev.tokenledger.alerting.explanation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Usage of a made-up company in which the cause of a change is known. Agents belong to projects and
 * have a few features and models each, as agents have; amounts span four orders of magnitude.
 *
 * @param causes the slices that were made to move
 */
record Plant(List<Leaf> leaves, List<Map<String, String>> causes) {
  static final List<String> DIMENSIONS =
      List.of("agent", "feature", "model", "project", "provider", "environment");

  /** Below this part of all usage, a slice is nothing that anybody would be told of. */
  private static final double LEAST_PART = 0.03;

  /**
   * @param causes how many slices move
   * @param conditions how many values each of them is made of
   * @param rises whether they rise to two to eight times, or fall to a half or less
   * @param noise standard deviation of the logarithm of each leaf's own movement
   */
  static Plant of(Random random, int causes, int conditions, boolean rises, double noise) {
    while (true) {
      List<Leaf> usual = usual(random);
      List<Map<String, String>> planted = new ArrayList<>();
      for (int i = 0; i < causes; i++) {
        planted.add(slice(random, usual, conditions));
      }
      if (isTellable(usual, planted)) {
        return new Plant(moved(random, usual, planted, rises, noise), planted);
      }
    }
  }

  private static List<Leaf> usual(Random random) {
    Map<List<String>, Long> usual = new LinkedHashMap<>();
    for (int agent = 0; agent < 12; agent++) {
      String project = "project-" + random.nextInt(4);
      double size = Math.exp(random.nextGaussian());
      for (int i = 0; i < 3 + random.nextInt(4); i++) {
        String feature = "feature-" + random.nextInt(10);
        for (int j = 0; j < 1 + random.nextInt(4); j++) {
          int model = random.nextInt(8);
          for (String environment : List.of("production", "staging")) {
            double amount =
                1e9
                    * size
                    * Math.exp(random.nextGaussian())
                    * (environment.equals("staging") ? 0.15 : 1);
            usual.merge(
                List.of(
                    "agent-" + agent,
                    feature,
                    "model-" + model,
                    project,
                    "provider-" + model / 3,
                    environment),
                (long) amount,
                Long::sum);
          }
        }
      }
    }
    return usual.entrySet().stream()
        .map(entry -> new Leaf(entry.getKey(), entry.getValue(), entry.getValue()))
        .toList();
  }

  /** Values of some leaf, so that there is something of the kind. */
  private static Map<String, String> slice(Random random, List<Leaf> usual, int conditions) {
    Leaf leaf = usual.get(random.nextInt(usual.size()));
    Set<Integer> positions = new LinkedHashSet<>();
    while (positions.size() < conditions) {
      positions.add(random.nextInt(DIMENSIONS.size() - 1));
    }
    Map<String, String> slice = new LinkedHashMap<>();
    positions.stream()
        .sorted()
        .forEach(position -> slice.put(DIMENSIONS.get(position), leaf.values().get(position)));
    return slice;
  }

  /** Whether each slice is large enough, not nearly all, and of its own. */
  private static boolean isTellable(List<Leaf> usual, List<Map<String, String>> planted) {
    double all = weight(Set.copyOf(usual));
    Set<Leaf> taken = new LinkedHashSet<>();
    for (Map<String, String> slice : planted) {
      Set<Leaf> leaves = within(usual, slice);
      double weight = weight(leaves);
      if (weight < LEAST_PART * all
          || weight > 0.5 * all
          || leaves.stream().anyMatch(leaf -> !taken.add(leaf))) {
        return false;
      }
    }
    return true;
  }

  private static List<Leaf> moved(
      Random random,
      List<Leaf> usual,
      List<Map<String, String>> planted,
      boolean rises,
      double noise) {
    List<Double> factors =
        planted.stream()
            .map(slice -> rises ? 2 + 6 * random.nextDouble() : 0.5 * random.nextDouble())
            .toList();
    List<Leaf> moved = new ArrayList<>();
    for (Leaf leaf : usual) {
      double amount = leaf.expected() * Math.exp(noise * random.nextGaussian());
      for (int i = 0; i < planted.size(); i++) {
        amount *= isWithin(leaf, planted.get(i)) ? factors.get(i) : 1;
      }
      moved.add(new Leaf(leaf.values(), (long) amount, leaf.expected()));
    }
    return moved;
  }

  static Set<Leaf> within(List<Leaf> leaves, Map<String, String> slice) {
    return leaves.stream().filter(leaf -> isWithin(leaf, slice)).collect(Collectors.toSet());
  }

  private static boolean isWithin(Leaf leaf, Map<String, String> slice) {
    return slice.entrySet().stream()
        .allMatch(
            entry ->
                leaf.values().get(DIMENSIONS.indexOf(entry.getKey())).equals(entry.getValue()));
  }

  private static double weight(Set<Leaf> leaves) {
    return leaves.stream().mapToDouble(Leaf::expected).sum();
  }

  /**
   * How far two slices are the same by the leaves that they hold, weighed by usual amounts: 1 when
   * they are. Different values may say the same, such as a feature that only one agent has.
   */
  double likeness(Map<String, String> planted, Map<String, String> found) {
    Set<Leaf> one = within(leaves, planted);
    Set<Leaf> other = within(leaves, found);
    Set<Leaf> both = new LinkedHashSet<>(one);
    both.retainAll(other);
    Set<Leaf> either = new LinkedHashSet<>(one);
    either.addAll(other);
    return weight(both) / weight(either);
  }
}
