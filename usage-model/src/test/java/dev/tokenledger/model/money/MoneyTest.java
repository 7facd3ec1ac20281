package dev.tokenledger.model.money;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MoneyTest {
  @ParameterizedTest
  @CsvSource({
    "0, $0.00",
    "5000000, $0.005",
    "100000000000, $100.00",
    "12500000000, $12.50",
    "1, $0.000000001",
    "-20000000, −$0.02",
    "-9223372036854775808, −$9223372036.854775808"
  })
  void aSentenceHasTheExactAmountWithNoMorePlacesThanItTakes(long nanos, String text) {
    assertThat(Money.ofNanos(nanos).toText()).isEqualTo(text);
  }
}
