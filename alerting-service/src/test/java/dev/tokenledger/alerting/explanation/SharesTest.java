package dev.tokenledger.alerting.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharesTest {
  @Test
  void percentsAddUpToAHundred() {
    assertThat(Shares.of(List.of(1L, 1L, 1L))).containsExactly(34, 33, 33);
    assertThat(Shares.of(List.of(150L, -50L))).containsExactly(150, -50);
    assertThat(Shares.of(List.of(-92L, -8L))).containsExactly(92, 8);
    assertThat(Shares.of(List.of(Long.MAX_VALUE / 2, Long.MAX_VALUE / 2))).containsExactly(50, 50);
  }

  @Test
  void percentsOfAnythingAddUpToAHundredAndLieWithinOne() {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      List<Long> parts = random.longs(1 + random.nextInt(6), -1_000, 2_000).boxed().toList();
      long whole = parts.stream().mapToLong(Long::longValue).sum();
      if (whole != 0) {
        List<Integer> percents = Shares.of(parts);
        assertThat(percents.stream().mapToInt(Integer::intValue).sum()).isEqualTo(100);
        for (int j = 0; j < parts.size(); j++) {
          assertThat(Math.abs(percents.get(j) - 100.0 * parts.get(j) / whole)).isLessThan(1);
        }
      }
    }
  }
}
