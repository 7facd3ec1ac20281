package dev.tokenledger.alerting.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.dispatch.Decision.Untold;
import dev.tokenledger.alerting.incident.HistoryEvent;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecisionTest {
  /**
   * Transitions are written as {@code o} for opened, {@code e} for escalated, {@code r} for
   * resolved and {@code n} for reopened; in capitals, if they were muted when last looked at.
   */
  @ParameterizedTest(name = "{0}, {1} told, {2} muted, {3} together")
  @CsvSource({
    // At once: each of them.
    "o,    false, false, false, o,    '',  ''",
    "oee,  false, false, false, oee,  '',  ''",
    "e,    true,  false, false, e,    '',  ''",
    "or,   false, false, false, or,   '',  ''",
    "r,    true,  false, false, r,    '',  ''",
    "r,    false, false, false, '',   r,   ''",
    "orn,  false, false, false, orn,  '',  ''",
    // Muted: none of them, and nothing is kept that would never be told.
    "o,    false, true,  false, '',   '',  o",
    "oe,   false, true,  false, '',   '',  oe",
    "r,    true,  true,  false, '',   '',  r",
    "Or,   false, true,  false, '',   Or,  ''",
    "or,   false, true,  false, '',   or,  ''",
    // No longer muted: what came of it.
    "O,    false, false, false, O,    '',  ''",
    "OE,   false, false, false, E,    O,   ''",
    "OEe,  false, false, false, e,    OE,  ''",
    "OR,   false, false, false, '',   OR,  ''",
    "ER,   true,  false, false, R,    E,   ''",
    "RN,   true,  false, false, N,    R,   ''",
    "ORN,  false, false, false, N,    OR,  ''",
    // In a group: what came of it until the group was told.
    "oe,   false, false, true,  e,    o,   ''",
    "or,   false, false, true,  '',   or,  ''",
    "er,   true,  false, true,  r,    e,   ''",
  })
  void decides(
      String untold,
      boolean told,
      boolean muted,
      boolean together,
      String tell,
      String drop,
      String hold) {
    Decision decision = Decision.of(transitions(untold), told, muted, together);
    assertThat(letters(decision.tell())).as("tell").isEqualTo(tell);
    assertThat(letters(decision.drop())).as("drop").isEqualTo(drop);
    assertThat(letters(decision.hold())).as("hold").isEqualTo(hold);
  }

  private static List<Untold> transitions(String letters) {
    return letters
        .chars()
        .mapToObj(
            c ->
                new Untold(
                    c,
                    Arrays.stream(HistoryEvent.values())
                        .filter(event -> letter(event) == Character.toLowerCase((char) c))
                        .findFirst()
                        .orElseThrow(),
                    Instant.EPOCH,
                    Character.isUpperCase(c)))
        .toList();
  }

  private static char letter(HistoryEvent event) {
    return event == HistoryEvent.REOPENED ? 'n' : event.label().charAt(0);
  }

  private static String letters(List<Untold> transitions) {
    StringBuilder letters = new StringBuilder();
    transitions.forEach(t -> letters.append((char) t.entryId()));
    return letters.toString();
  }
}
