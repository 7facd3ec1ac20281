package dev.tokenledger.aggregation.settle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceInheritanceTest {
  private final TraceInheritance trace = new TraceInheritance();

  @Test
  void eachNameComesFromTheNearestSpanAboveThatSaysIt() {
    trace.add("root", null, names(1, 2, 3, 4, 0, 0));
    trace.add("plain", "root", null);
    trace.add("inner", "plain", names(9, 0, 0, 0, 0, 0));
    trace.add("leaf", "inner", names(0, 7, 0, 0, 0, 0));
    assertThat(trace.of("leaf")).containsExactly(9, 2, 3, 4, 0, 0);
    assertThat(trace.of("inner")).containsExactly(1, 2, 3, 4, 0, 0);
    assertThat(trace.of("root")).containsOnly(0);
  }

  @Test
  void theProviderIsThatOfTheSpanWhoseModelIsTaken() {
    trace.add("root", null, names(0, 0, 0, 0, 5, 6));
    trace.add("inner", "root", names(0, 0, 0, 0, 0, 8));
    trace.add("leaf", "inner", null);
    assertThat(trace.of("leaf")).containsExactly(0, 0, 0, 0, 0, 8);
    assertThat(trace.of("inner")).containsExactly(0, 0, 0, 0, 5, 6);
  }

  @Test
  void aGapEndsTheSearch() {
    trace.add("root", null, names(1, 0, 0, 0, 0, 0));
    trace.add("leaf", "missing", null);
    assertThat(trace.of("leaf")).containsOnly(0);
  }

  @Test
  void spansOnACycleAreRootsAndPassOnWhatTheySay() {
    trace.add("a", "b", names(1, 0, 0, 0, 0, 0));
    trace.add("b", "a", names(2, 3, 0, 0, 0, 0));
    trace.add("self", "self", names(4, 0, 0, 0, 0, 0));
    trace.add("under-a", "a", null);
    trace.add("under-self", "self", null);
    assertThat(trace.of("under-a")).containsExactly(1, 0, 0, 0, 0, 0);
    assertThat(trace.of("a")).containsOnly(0);
    assertThat(trace.of("b")).containsOnly(0);
    assertThat(trace.of("under-self")).containsExactly(4, 0, 0, 0, 0, 0);
  }

  @Test
  void aDeepTraceIsWalkedWithoutRecursion() {
    trace.add("s0", null, names(1, 0, 0, 0, 0, 0));
    for (int i = 1; i <= 50_000; i++) {
      trace.add("s" + i, "s" + (i - 1), null);
    }
    assertThat(trace.of("s50000")[0]).isEqualTo(1);
  }

  private static int[] names(int... ids) {
    return ids;
  }
}
