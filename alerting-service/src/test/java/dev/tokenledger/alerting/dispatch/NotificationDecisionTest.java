package dev.tokenledger.alerting.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.dispatch.NotificationDecision.Untold;
import dev.tokenledger.alerting.incident.HistoryEvent;
import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotificationDecisionTest {
  /**
   * Transitions are written as {@code o} for opened, {@code e} for escalated, {@code r} for
   * resolved and {@code n} for reopened; in capitals, if they were muted when last looked at; with
   * a minus if they are less severe than the channel wants.
   */
  @ParameterizedTest(name = "{0}, {1} told, muted by {2}, {3} together")
  @CsvSource({
    // At once: each of them.
    "o,    false, NOTHING, false, o,    '',  ''",
    "oee,  false, NOTHING, false, oee,  '',  ''",
    "e,    true,  NOTHING, false, e,    '',  ''",
    "or,   false, NOTHING, false, or,   '',  ''",
    "r,    true,  NOTHING, false, r,    '',  ''",
    "r,    false, NOTHING, false, '',   r,   ''",
    "orn,  false, NOTHING, false, orn,  '',  ''",
    // Muted: none of them, and nothing is kept that would never be told.
    "o,    false, SILENCE, false, '',   '',  o",
    "oe,   false, SILENCE, false, '',   '',  oe",
    "r,    true,  SILENCE, false, '',   '',  r",
    "Or,   false, SILENCE, false, '',   Or,  ''",
    "or,   false, SILENCE, false, '',   or,  ''",
    // A broader incident speaks for it until it ends.
    "o,    false, INHIBITION, false, '',  '',  o",
    "e,    true,  INHIBITION, false, '',  '',  e",
    "r,    true,  INHIBITION, false, r,   '',  ''",
    "er,   true,  INHIBITION, false, r,   e,   ''",
    "ER,   true,  INHIBITION, false, R,   E,   ''",
    "rn,   true,  INHIBITION, false, '',  '',  rn",
    "or,   false, INHIBITION, false, '',  or,  ''",
    // No longer muted: what came of it.
    "O,    false, NOTHING, false, O,    '',  ''",
    "OE,   false, NOTHING, false, E,    O,   ''",
    "OEe,  false, NOTHING, false, e,    OE,  ''",
    "OR,   false, NOTHING, false, '',   OR,  ''",
    "ER,   true,  NOTHING, false, R,    E,   ''",
    "RN,   true,  NOTHING, false, N,    R,   ''",
    "ORN,  false, NOTHING, false, N,    OR,  ''",
    // In a group: what came of it until the group was told.
    "oe,   false, NOTHING, true,  e,    o,   ''",
    "or,   false, NOTHING, true,  '',   or,  ''",
    "er,   true,  NOTHING, true,  r,    e,   ''",
    // Less severe than the channel wants: not told, unless it knows of the incident.
    "o-,   false, NOTHING, false, '',   o,   ''",
    "o-r,  false, NOTHING, false, '',   or,  ''",
    "o-r-, false, NOTHING, false, '',   or,  ''",
    "o-e,  false, NOTHING, false, e,    o,   ''",
    "o-er, false, NOTHING, false, er,   o,   ''",
    "oe-,  false, NOTHING, false, oe,   '',  ''",
    "or-,  false, NOTHING, false, or,   '',  ''",
    "orn-, false, NOTHING, false, or,   n,   ''",
    "e-,   true,  NOTHING, false, e,    '',  ''",
    "r-,   true,  NOTHING, false, r,    '',  ''",
    "O-,   false, NOTHING, false, '',   O,   ''",
    "OE-,  false, NOTHING, false, '',   OE,  ''",
    "E-,   true,  NOTHING, false, E,    '',  ''",
  })
  void decides(
      String untold,
      boolean told,
      NotificationDecision.Mute mute,
      boolean together,
      String tell,
      String drop,
      String hold) {
    NotificationDecision decision =
        NotificationDecision.of(transitions(untold), told, mute, together, Severity.HIGH);
    assertThat(letters(decision.tell())).as("tell").isEqualTo(tell);
    assertThat(letters(decision.drop())).as("drop").isEqualTo(drop);
    assertThat(letters(decision.hold())).as("hold").isEqualTo(hold);
  }

  private static List<Untold> transitions(String letters) {
    List<Untold> transitions = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      boolean weak = letters.startsWith("-", i + 1);
      transitions.add(
          new Untold(
              letter,
              Arrays.stream(HistoryEvent.values())
                  .filter(event -> letter(event) == Character.toLowerCase(letter))
                  .findFirst()
                  .orElseThrow(),
              weak ? Severity.MEDIUM : Severity.HIGH,
              Instant.EPOCH,
              Character.isUpperCase(letter)));
      i += weak ? 1 : 0;
    }
    return transitions;
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
