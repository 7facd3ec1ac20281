package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.silence.Silence;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What mutes the incidents of one tenant at one moment.
 *
 * @param silences those that are active
 * @param speakers incidents that may speak for others; one that is silenced itself does not
 */
public record Muting(List<Silence> silences, List<Incident> speakers) {

  public Muting {
    List<Silence> active = List.copyOf(silences);
    silences = active;
    speakers =
        speakers.stream()
            .filter(s -> active.stream().noneMatch(silence -> silence.matches(s.matchable())))
            .toList();
  }

  /** The silences that mute an incident. */
  public List<UUID> silencedBy(Incident incident) {
    return matching(incident).stream().map(Silence::id).toList();
  }

  /** The incidents that speak for an incident to one of its channels or more. */
  public List<UUID> inhibitedBy(Incident incident) {
    return speakers.stream()
        .filter(s -> Inhibition.speaksFor(s, incident) && Inhibition.sharesAChannel(s, incident))
        .map(Incident::id)
        .toList();
  }

  /** Whether a channel is not to be told of an incident now. */
  boolean mutes(Incident incident, UUID channelId) {
    return !matching(incident).isEmpty()
        || speakers.stream()
            .anyMatch(s -> Inhibition.speaksFor(s, incident) && Inhibition.tells(s, channelId));
  }

  /** When the first of the silences that mute an incident ends. */
  Optional<Instant> firstEnd(Incident incident) {
    return matching(incident).stream().map(Silence::endsAt).min(Instant::compareTo);
  }

  private List<Silence> matching(Incident incident) {
    return silences.stream().filter(s -> s.matches(incident.matchable())).toList();
  }
}
