package dev.tokenledger.platform.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.sketch.SketchSet;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.memory.ByteBudget.Use;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerMemoryTest {
  private static final int GROUPS = 40_000;
  private static final Instant START = Instant.parse("2026-11-20T00:00:00Z");

  private final ByteBudget budget = new ByteBudget(2_000L << 20);
  private final Random random = new Random(7);

  private AnswerMemory memory() {
    return new AnswerMemory(budget, budget.capacity(Use.ANSWERS));
  }

  /** What some work leaves on the heap, beside what it says it takes. */
  private static double ratio(AnswerMemory memory, java.util.function.Supplier<Object> work) {
    long before = used();
    Object kept = work.get();
    long after = used();
    assertThat(kept).isNotNull();
    return (double) (after - before) / memory.used();
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static Group.Key key(int i) {
    return new Group.Key(START.plusSeconds(60L * (i % 500)), new int[] {i % 40, i / 40});
  }

  @Test
  void groupsOfSumsTakeWhatTheySay() {
    AnswerMemory memory = memory();

    double ratio =
        ratio(
            memory,
            () -> {
              Groups groups = new Groups(memory, 12);
              for (int i = 0; i < GROUPS; i++) {
                Group group = groups.of(key(i));
                for (int m = 0; m < 12; m++) {
                  group.add(Measure.values()[m], 1 + random.nextInt(1_000));
                }
              }
              return groups;
            });

    // A part is for the lines of the answer, which are made later.
    assertThat(ratio).isBetween(0.6, 1.05);
  }

  @Test
  void groupsOfSketchesTakeWhatTheySay() {
    AnswerMemory memory = memory();
    Set<SketchSet.Part> parts = EnumSet.allOf(SketchSet.Part.class);

    double ratio =
        ratio(
            memory,
            () -> {
              Groups groups = new Groups(memory, 1);
              for (int i = 0; i < GROUPS / 4; i++) {
                groups.of(key(i)).addSketches(sketches(1 + random.nextInt(60)), parts);
              }
              return groups;
            });

    assertThat(ratio).isCloseTo(1, within(0.25));
  }

  private byte[] sketches(int calls) {
    SketchSet set = new SketchSet();
    for (int i = 0; i < calls; i++) {
      set.latency().add(1_000 + random.nextInt(9_000_000), 1);
      set.users().add(Hashing.xxh3_64().hashCharsToLong("u" + random.nextInt()));
    }
    return set.toBytes();
  }

  @Test
  void aQuestionThatNeedsMoreThanItsShareIsTooLarge() {
    AnswerMemory memory = new AnswerMemory(budget, 1 << 20);
    memory.add(1 << 19);

    assertThatThrownBy(() -> memory.add(1 << 20))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> {
              assertThat(problem.code()).isEqualTo(ProblemCode.TOO_LARGE_ANSWER);
              assertThat(problem.getMessage()).contains("1 MiB", "shorter period", "granularity");
            });
  }

  @Test
  void aQuestionIsToldToComeBackWhileOthersHaveTheMemory() {
    try (ByteBudget.Lease others =
        budget.take(Use.ANSWERS, budget.capacity(Use.ANSWERS) - (1 << 20))) {
      AnswerMemory memory = memory();
      memory.add(1 << 19);

      assertThatThrownBy(() -> memory.add(4 << 20))
          .isInstanceOfSatisfying(
              ProblemException.class,
              problem -> assertThat(problem.code()).isEqualTo(ProblemCode.BUSY));
      memory.close();
      assertThat(others.bytes()).isPositive();
    }
    try (AnswerMemory memory = memory()) {
      memory.add(budget.capacity(Use.ANSWERS));
    }
  }
}
