package dev.tokenledger.alerting.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.incident.IncidentStatus;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.silence.Matcher;
import dev.tokenledger.alerting.silence.Silence;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class InhibitionTest {
  private static final Instant T = Instant.parse("2026-11-20T10:00:00Z");
  private static final UUID CHANNEL = UUID.randomUUID();

  private static Incident incident(
      String source,
      Severity severity,
      IncidentStatus status,
      Map<String, String> scope,
      UUID... channels) {
    Map<String, String> labels = new HashMap<>(scope);
    labels.put("budget", "Any name");
    boolean resolved = status == IncidentStatus.RESOLVED;
    return new Incident(
        UUID.randomUUID(),
        1,
        "key",
        source,
        null,
        status,
        100,
        severity,
        "type",
        "title",
        "text",
        labels,
        List.of(),
        Map.of(),
        List.of(channels),
        null,
        T,
        T,
        null,
        null,
        resolved ? T : null,
        null,
        null);
  }

  private static Incident budget(Map<String, String> scope) {
    return incident("budget", Severity.HIGH, IncidentStatus.OPEN, scope);
  }

  private static boolean mutes(Incident broad, Incident narrow) {
    return muting(broad, CHANNEL).of(narrow, CHANNEL) == NotificationDecision.Mute.INHIBITION;
  }

  /**
   * @param heard by whom the broad one is
   */
  private static Muting muting(Incident broad, UUID heard) {
    return new Muting(List.of(), List.of(broad), Map.of(broad.id(), Set.of(heard)));
  }

  @Test
  void aBroaderBudgetSpeaksForThoseBeneathIt() {
    assertThat(mutes(budget(Map.of()), budget(Map.of("agent", "a")))).isTrue();
    assertThat(mutes(budget(Map.of("agent", "a")), budget(Map.of("agent", "a", "model", "m"))))
        .isTrue();
  }

  @Test
  void aBudgetDoesNotSpeakForItsLikeOrForThoseAboveOrBeside() {
    assertThat(mutes(budget(Map.of()), budget(Map.of()))).isFalse();
    assertThat(mutes(budget(Map.of("agent", "a")), budget(Map.of()))).isFalse();
    assertThat(mutes(budget(Map.of("agent", "a")), budget(Map.of("agent", "b", "model", "m"))))
        .isFalse();
    assertThat(mutes(budget(Map.of("agent", "a")), budget(Map.of("agent", "a")))).isFalse();
  }

  @Test
  void onlyBudgetsSpeakAndOnlyForBudgets() {
    Incident rule = incident("rule", Severity.LOW, IncidentStatus.OPEN, Map.of("agent", "a"));
    assertThat(mutes(budget(Map.of()), rule)).isFalse();
    assertThat(
            mutes(
                incident("rule", Severity.HIGH, IncidentStatus.OPEN, Map.of()),
                budget(Map.of("agent", "a"))))
        .isFalse();
  }

  @Test
  void aWarningDoesNotHideAnEnd() {
    Incident warning = incident("budget", Severity.MEDIUM, IncidentStatus.OPEN, Map.of());
    Incident end = incident("budget", Severity.CRITICAL, IncidentStatus.OPEN, Map.of("agent", "a"));
    assertThat(mutes(warning, end)).isFalse();
  }

  @Test
  void whatIsAcknowledgedSpeaksAndWhatIsResolvedDoesNot() {
    Incident narrow = budget(Map.of("agent", "a"));
    assertThat(
            mutes(incident("budget", Severity.HIGH, IncidentStatus.ACKNOWLEDGED, Map.of()), narrow))
        .isTrue();
    assertThat(mutes(incident("budget", Severity.HIGH, IncidentStatus.RESOLVED, Map.of()), narrow))
        .isFalse();
  }

  @Test
  void itSpeaksOnlyToTheChannelsThatHearOfIt() {
    UUID other = UUID.randomUUID();
    Incident broad = budget(Map.of());
    Incident narrow =
        incident("budget", Severity.HIGH, IncidentStatus.OPEN, Map.of("agent", "a"), CHANNEL);
    Incident everywhere = budget(Map.of("agent", "a"));
    Muting elsewhere = muting(broad, other);
    assertThat(elsewhere.of(narrow, CHANNEL)).isEqualTo(NotificationDecision.Mute.NOTHING);
    assertThat(elsewhere.inhibitedBy(narrow)).isEmpty();
    assertThat(elsewhere.of(everywhere, other)).isEqualTo(NotificationDecision.Mute.INHIBITION);
    assertThat(elsewhere.inhibitedBy(everywhere)).containsExactly(broad.id());
    Muting nowhere = new Muting(List.of(), List.of(broad), Map.of());
    assertThat(nowhere.of(everywhere, other)).isEqualTo(NotificationDecision.Mute.NOTHING);
    assertThat(nowhere.inhibitedBy(everywhere)).isEmpty();
  }

  @Test
  void whatIsSilencedItselfDoesNotSpeak() {
    Incident broad = budget(Map.of());
    Incident narrow = budget(Map.of("agent", "a"));
    Silence silence =
        new Silence(
            UUID.randomUUID(),
            List.of(
                new Matcher("budget", Matcher.Operator.EQUAL, "Any name"),
                new Matcher("agent", Matcher.Operator.EQUAL, "")),
            T,
            T.plusSeconds(60),
            "",
            "test",
            T,
            null);
    Muting muting =
        new Muting(List.of(silence), List.of(broad), Map.of(broad.id(), Set.of(CHANNEL)));
    assertThat(muting.silencedBy(broad)).containsExactly(silence.id());
    assertThat(muting.silencedBy(narrow)).isEmpty();
    assertThat(muting.inhibitedBy(narrow)).isEmpty();
    assertThat(muting.of(narrow, CHANNEL)).isEqualTo(NotificationDecision.Mute.NOTHING);
    assertThat(muting.of(broad, CHANNEL)).isEqualTo(NotificationDecision.Mute.SILENCE);
  }
}
