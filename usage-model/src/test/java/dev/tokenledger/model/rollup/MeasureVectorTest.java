package dev.tokenledger.model.rollup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class MeasureVectorTest {
  private static final Measure[] MEASURES = Measure.values();

  /** The vector keeps what is not zero; a plain array keeps all: both must say the same. */
  @RepeatedTest(50)
  void addsAndTakesOutLikeAnArray(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    MeasureVector vector = new MeasureVector();
    long[] expected = new long[MEASURES.length];
    for (int step = 0; step < 40; step++) {
      switch (random.nextInt(5)) {
        case 0 -> {
          Measure measure = MEASURES[random.nextInt(MEASURES.length)];
          long amount = random.nextInt(-5, 6);
          vector.add(measure, amount);
          expected[measure.ordinal()] += amount;
        }
        case 1 -> {
          long[] some = some(random);
          vector.add(MeasureVector.of(some));
          add(expected, some, 1);
        }
        case 2 -> {
          long[] some = some(random);
          vector.subtract(MeasureVector.of(some));
          add(expected, some, -1);
        }
        case 3 -> {
          long[] some = some(random);
          vector.add(EventMeasures.of(MeasureVector.of(some)));
          add(expected, some, 1);
        }
        default -> {
          long[] some = some(random);
          vector.subtract(EventMeasures.of(MeasureVector.of(some)));
          add(expected, some, -1);
        }
      }
      assertThat(vector.toArray()).isEqualTo(expected);
    }
    EventMeasures packed = EventMeasures.of(vector);
    for (Measure measure : MEASURES) {
      assertThat(vector.get(measure)).isEqualTo(expected[measure.ordinal()]);
      assertThat(packed.get(measure)).isEqualTo(expected[measure.ordinal()]);
    }
    assertThat(vector).isEqualTo(MeasureVector.of(expected)).hasSameHashCodeAs(vector);
    assertThat(packed).isEqualTo(EventMeasures.of(MeasureVector.of(expected)));
  }

  @Test
  void isZeroAgainWhenAllWasTakenOut() {
    MeasureVector vector = new MeasureVector();
    assertThat(vector.isZero()).isTrue();
    vector.add(Measure.COST, 3);
    vector.add(Measure.MODEL_CALLS, 1);
    assertThat(vector.isZero()).isFalse();
    MeasureVector same = MeasureVector.of(vector.toArray());
    vector.subtract(same);
    assertThat(vector.isZero()).isTrue();
    assertThat(vector).isEqualTo(new MeasureVector());
  }

  @Test
  void anAddedVectorStaysAsItWas() {
    MeasureVector first = new MeasureVector();
    MeasureVector second = new MeasureVector();
    second.add(Measure.COST, 5);
    first.add(second);
    first.add(Measure.COST, 1);
    assertThat(second.get(Measure.COST)).isEqualTo(5);
    assertThat(first.get(Measure.COST)).isEqualTo(6);
  }

  @Test
  void aSumThatDoesNotFitIsNeverSilentlyWrong() {
    MeasureVector vector = new MeasureVector();
    vector.add(Measure.COST, Long.MAX_VALUE);
    MeasureVector one = new MeasureVector();
    one.add(Measure.COST, 1);
    assertThatThrownBy(() -> vector.add(Measure.COST, 1)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> vector.add(one)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> vector.add(EventMeasures.of(one)))
        .isInstanceOf(ArithmeticException.class);
    assertThat(vector.get(Measure.COST)).isEqualTo(Long.MAX_VALUE);
  }

  private static long[] some(Random random) {
    long[] values = new long[MEASURES.length];
    for (int i = random.nextInt(6); i > 0; i--) {
      values[random.nextInt(values.length)] = random.nextInt(-9, 10);
    }
    return values;
  }

  private static void add(long[] sums, long[] values, int sign) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += sign * values[i];
    }
  }
}
