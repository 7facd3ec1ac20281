package dev.tokenledger.model.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @CsvSource({
    "0e999999999, 0",
    "0e-999999999, 0",
    "0e2147483647, 0",
    "1e-999999999, 0",
    "-1e-2147483647, 0",
    "0.00000000049, 0",
    "0.0000000005, 1",
    "1e-9, 1",
    "1e9, 1000000000000000000",
    "0.0042, 4200000"
  })
  void anAmountIsReadHoweverItIsWritten(String usd, long nanos) {
    assertThat(Money.ofUsd(usd).nanos()).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "-1e2147483647", "1e11", "9300000000"})
  void anAmountThatDoesNotFitIsRefusedUnscaled(String usd) {
    assertThatThrownBy(() -> Money.ofUsd(usd)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void digitsBeyondTheNinthDoNotHideThoseBefore() {
    assertThat(Money.ofUsd("1234." + "5".repeat(1_200)).nanos()).isEqualTo(1_234_555_555_556L);
  }
}
