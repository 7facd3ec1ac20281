package dev.tokenledger.alerting.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupingTest {
  private static final Instant T = Instant.parse("2026-11-20T10:00:00Z");
  private static final Grouping GROUPING =
      new Grouping(
          List.of("agent"), Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(4));

  @Test
  void theFirstOfAGroupWaitsForOthers() {
    assertThat(GROUPING.leavesAt(T, null)).isEqualTo(T.plusSeconds(30));
  }

  @Test
  void whatArisesAfterAMessageWaitsForTheInterval() {
    assertThat(GROUPING.leavesAt(T.plusSeconds(60), T)).isEqualTo(T.plusSeconds(300));
  }

  @Test
  void whatArisesLongAfterAMessageWaitsForOthersOnly() {
    assertThat(GROUPING.leavesAt(T.plusSeconds(290), T)).isEqualTo(T.plusSeconds(320));
    assertThat(GROUPING.leavesAt(T.plusSeconds(3_600), T)).isEqualTo(T.plusSeconds(3_630));
  }

  @Test
  void withoutGroupsThereIsNoWaitAndNoReminder() {
    assertThat(Grouping.NONE.groups()).isFalse();
    assertThat(Grouping.NONE.leavesAt(T, null)).isEqualTo(T);
    assertThat(Grouping.NONE.remindAt(T)).isNull();
    assertThat(GROUPING.remindAt(T)).isEqualTo(T.plus(Duration.ofHours(4)));
  }

  @Test
  void aGroupHasTheValuesOfItsLabelsAndNoOthers() {
    Map<String, String> group = GROUPING.groupOf(Map.of("agent", "a", "model", "m"));
    assertThat(group).isEqualTo(Map.of("agent", "a"));
    assertThat(GROUPING.groupOf(Map.of("model", "m"))).isEqualTo(Map.of("agent", ""));
  }

  @Test
  void aGroupsKeyIsItsOwn() {
    assertThat(Grouping.key(Map.of("a", "b", "c", "d")))
        .isEqualTo(Grouping.key(Map.of("c", "d", "a", "b")))
        .isNotEqualTo(Grouping.key(Map.of("a", "b", "c", "e")))
        .isNotEqualTo(Grouping.key(Map.of("a", "bc", "", "d")))
        .hasSize(64);
  }

  @ParameterizedTest
  @CsvSource({
    "30s, 30, 30s",
    "90s, 90, 1m30s",
    "5m, 300, 5m",
    "4h, 14400, 4h",
    "1h30m, 5400, 1h30m",
    "1d1s, 86401, 1d1s",
    "0s, 0, 0s",
  })
  void readsAndWritesLengthsOfTime(String text, long seconds, String shortest) {
    assertThat(DurationText.parse(text)).isEqualTo(Duration.ofSeconds(seconds));
    assertThat(DurationText.format(Duration.ofSeconds(seconds))).isEqualTo(shortest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "30", "s", "-5m", "5m4h", "1.5h", "99999999999s"})
  void refusesWhatIsNoLengthOfTime(String text) {
    assertThatThrownBy(() -> DurationText.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
