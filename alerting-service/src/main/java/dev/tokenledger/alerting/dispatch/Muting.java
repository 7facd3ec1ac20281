package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.silence.Silence;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What mutes the incidents of one tenant at one moment.
 *
 * @param silences those that are active
 * @param speakers incidents that may speak for others; one that is silenced itself does not
 * @param heard the channels that were told of a speaker or are about to be, by its id: it speaks to
 *     these alone
 */
public record Muting(List<Silence> silences, List<Incident> speakers, Map<UUID, Set<UUID>> heard) {

  public Muting {
    List<Silence> active = List.copyOf(silences);
    silences = active;
    speakers =
        speakers.stream()
            .filter(s -> active.stream().noneMatch(silence -> silence.matches(s.matchable())))
            .toList();
    heard = Map.copyOf(heard);
  }

  /** The silences that mute an incident. */
  public List<UUID> silencedBy(Incident incident) {
    return matching(incident).stream().map(Silence::id).toList();
  }

  /** The incidents that speak for an incident to one of its channels or more. */
  public List<UUID> inhibitedBy(Incident incident) {
    return speakers.stream()
        .filter(s -> Inhibition.speaksFor(s, incident) && reachesOneOf(s, incident.channels()))
        .map(Incident::id)
        .toList();
  }

  /**
   * @param channels empty for all
   */
  private boolean reachesOneOf(Incident speaker, List<UUID> channels) {
    Set<UUID> hearing = heard.getOrDefault(speaker.id(), Set.of());
    return channels.isEmpty() ? !hearing.isEmpty() : channels.stream().anyMatch(hearing::contains);
  }

  /** What keeps a channel from being told of an incident now. */
  NotificationDecision.Mute of(Incident incident, UUID channelId) {
    if (!matching(incident).isEmpty()) {
      return NotificationDecision.Mute.SILENCE;
    }
    return speakers.stream()
            .anyMatch(s -> Inhibition.speaksFor(s, incident) && reachesOneOf(s, List.of(channelId)))
        ? NotificationDecision.Mute.INHIBITION
        : NotificationDecision.Mute.NOTHING;
  }

  /** When the first of the silences that mute an incident ends. */
  Optional<Instant> firstEnd(Incident incident) {
    return matching(incident).stream().map(Silence::endsAt).min(Instant::compareTo);
  }

  private List<Silence> matching(Incident incident) {
    return silences.stream().filter(s -> s.matches(incident.matchable())).toList();
  }
}
