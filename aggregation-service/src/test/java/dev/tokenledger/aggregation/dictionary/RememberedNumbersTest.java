package dev.tokenledger.aggregation.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RememberedNumbersTest {
  private static final int TENANT = 7;

  private final RememberedNumbers numbers = new RememberedNumbers();

  /** Whoever invents a name for each call fills the dimension, and must not fill the memory. */
  @Test
  void whatComesAfterADimensionIsFullIsForgottenSomeTime() {
    remember(TENANT, Dimension.ERROR_TYPE, "known", 1, DimensionValues.FIRST_ID);
    for (int round = 0; round < 20; round++) {
      remember(
          TENANT,
          Dimension.ERROR_TYPE,
          "invented-" + round + "-",
          10_000,
          DimensionValues.OTHER_ID);
      assertThat(numbers.names()).isLessThanOrEqualTo(1 + RememberedNumbers.MAX_OVERFLOWED);
    }
    assertThat(numbers.of(TENANT).find(Dimension.ERROR_TYPE, "known0"))
        .as("one that has a number of its own")
        .isEqualTo(DimensionValues.FIRST_ID);
  }

  @Test
  void whatCameLastIsKnownToHaveNoNumberOfItsOwn() {
    remember(TENANT, Dimension.AGENT, "late", 10, DimensionValues.OTHER_ID);
    assertThat(numbers.of(TENANT).find(Dimension.AGENT, "late9"))
        .isEqualTo(DimensionValues.OTHER_ID);
    assertThat(numbers.of(TENANT).find(Dimension.FEATURE, "late9")).isNull();
    assertThat(numbers.of(TENANT + 1).find(Dimension.AGENT, "late9")).isNull();
  }

  @Test
  void allTenantsTogetherAreBounded() {
    int each = 9_000;
    for (int tenant = 1; tenant <= 60; tenant++) {
      remember(tenant, Dimension.API_KEY, "key-", each, DimensionValues.FIRST_ID);
      assertThat(numbers.names()).isLessThanOrEqualTo(RememberedNumbers.MAX_NAMES);
    }
    assertThat(numbers.names()).as("it is used").isGreaterThan(RememberedNumbers.MAX_NAMES / 2);
  }

  @Test
  void oneTenantWithEverythingFits() {
    for (Dimension dimension : Dimension.values()) {
      remember(
          TENANT,
          dimension,
          "v",
          Math.min(dimension.maxValues(), 60_000),
          DimensionValues.FIRST_ID);
    }
    remember(TENANT, Dimension.AGENT, "more", 30_000, DimensionValues.OTHER_ID);
    assertThat(numbers.of(TENANT).find(Dimension.AGENT, "v0"))
        .as("not thrown out for being too heavy")
        .isEqualTo(DimensionValues.FIRST_ID);
  }

  private void remember(int tenant, Dimension dimension, String prefix, int names, int number) {
    Map<String, Integer> values = new HashMap<>();
    for (int i = 0; i < names; i++) {
      values.put(prefix + i, number);
    }
    numbers.remember(tenant, Map.of(dimension, values));
  }
}
