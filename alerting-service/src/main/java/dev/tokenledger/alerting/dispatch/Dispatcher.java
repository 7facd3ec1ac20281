package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.dispatch.Decision.Untold;
import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.incident.IncidentStatus;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes deliveries of what channels have not been told. All of one channel is decided in one
 * transaction by whoever has locked the channel's row, so that a group is not torn apart and an end
 * does not overtake its beginning; other processes pass over a locked channel. The deliveries are
 * written, and what they tell is removed, in that transaction: a process that dies leaves either
 * both done or neither.
 */
final class Dispatcher {
  /** How long what is muted may be left without a look, should a word of its end be missed. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

  private final Database database;
  private final Outbox outbox;
  private final IncidentReader incidents;
  private final Mutings mutings;
  private final ObjectMapper json;
  private final Clock clock;

  Dispatcher(
      Database database,
      Outbox outbox,
      IncidentReader incidents,
      Mutings mutings,
      ObjectMapper json,
      Clock clock) {
    this.database = database;
    this.outbox = outbox;
    this.incidents = incidents;
    this.mutings = mutings;
    this.json = json;
    this.clock = clock;
  }

  /** Channels that something may be told now. */
  List<UUID> due() {
    Instant now = clock.instant();
    return database.asService(connection -> UntoldRows.dueChannels(connection, now));
  }

  /**
   * Decides what is due for one channel. Of an incident with several transitions that are each
   * told, the first is: deliveries of one transaction have no order among them, and an end must not
   * be delivered before its beginning.
   *
   * @return how many deliveries were made; if any, there may be more
   */
  int dispatch(UUID channelId) {
    Instant now = clock.instant();
    return database.asService(
        connection -> {
          Optional<UntoldRows.Channel> channel = UntoldRows.lock(connection, channelId);
          if (channel.isEmpty()) {
            return 0;
          }
          if (!channel.get().isUsable()) {
            UntoldRows.forget(connection, channelId);
            return 0;
          }
          return new Round(connection, channel.get(), now).run();
        });
  }

  /** Something that a channel is about to be told. */
  private record Part(
      Incident incident, Notification message, Instant arose, List<Untold> done, boolean ends) {}

  /** What is decided for one channel at one moment. */
  private final class Round {
    private final Connection connection;
    private final UntoldRows.Channel channel;
    private final Instant now;
    private final Grouping grouping;
    private final Muting muting;
    private int deliveries;

    Round(Connection connection, UntoldRows.Channel channel, Instant now) throws SQLException {
      this.connection = connection;
      this.channel = channel;
      this.now = now;
      this.grouping = Groupings.of(connection, channel.tenantId());
      this.muting = mutings.at(connection, channel.tenantId(), now);
    }

    int run() throws SQLException {
      Map<UUID, List<Untold>> untold = UntoldRows.due(connection, channel.id(), now);
      Set<UUID> told = UntoldRows.told(connection, channel.id(), untold.keySet());
      List<UUID> remind = UntoldRows.dueReminders(connection, channel.id(), now);
      Set<UUID> all = new LinkedHashSet<>(untold.keySet());
      all.addAll(remind);
      Map<UUID, Incident> known =
          incidents.find(connection, all).stream()
              .collect(Collectors.toMap(Incident::id, Function.identity()));
      List<Part> parts = new ArrayList<>();
      for (Map.Entry<UUID, List<Untold>> entry : untold.entrySet()) {
        Incident incident = known.get(entry.getKey());
        parts.addAll(decide(incident, entry.getValue(), told.contains(incident.id())));
      }
      for (UUID id : remind) {
        remind(known.get(id), untold.containsKey(id)).ifPresent(parts::add);
      }
      if (grouping.groups()) {
        tellGroups(parts);
      } else {
        Set<UUID> first = new HashSet<>();
        for (Part part : parts) {
          if (first.add(part.incident.id())) {
            tell(part.message);
            settle(part);
          }
        }
      }
      return deliveries;
    }

    private List<Part> decide(Incident incident, List<Untold> untold, boolean told)
        throws SQLException {
      boolean muted = muting.mutes(incident, channel.id());
      Decision decision = Decision.of(untold, told, muted, grouping.groups());
      if (!decision.hold().isEmpty()) {
        Instant next = now.plus(LOOK_AGAIN);
        Instant end = muting.firstEnd(incident).orElse(next);
        UntoldRows.hold(connection, channel.id(), decision.hold(), end.isBefore(next) ? end : next);
      }
      if (decision.tell().isEmpty()) {
        UntoldRows.remove(connection, channel.id(), decision.drop());
        return List.of();
      }
      List<Part> parts = new ArrayList<>();
      Instant arose = untold.get(0).arose();
      for (Untold transition : decision.tell()) {
        // What is dropped goes with the first that is told, not before: its group may still wait.
        List<Untold> done = new ArrayList<>(parts.isEmpty() ? decision.drop() : List.of());
        done.add(transition);
        parts.add(
            new Part(incident, message(transition.entryId()), arose, done, transition.isEnd()));
      }
      return parts;
    }

    private Optional<Part> remind(Incident incident, boolean isToldAnyway) throws SQLException {
      if (incident.status() != IncidentStatus.OPEN || grouping.repeatInterval().isZero()) {
        UntoldRows.remindAt(connection, channel.id(), incident.id(), null);
        return Optional.empty();
      }
      if (isToldAnyway) {
        UntoldRows.remindAt(connection, channel.id(), incident.id(), grouping.remindAt(now));
        return Optional.empty();
      }
      if (muting.mutes(incident, channel.id())) {
        UntoldRows.remindAt(connection, channel.id(), incident.id(), now.plus(LOOK_AGAIN));
        return Optional.empty();
      }
      // As old as the wait is long: it has waited for company enough, but not for the interval.
      Instant arose = now.minus(grouping.groupWait());
      return Optional.of(
          new Part(incident, Digest.reminder(incident, now), arose, List.of(), false));
    }

    private void tellGroups(List<Part> parts) throws SQLException {
      Map<String, List<Part>> groups = new LinkedHashMap<>();
      for (Part part : parts) {
        String key = Grouping.key(grouping.groupOf(part.incident.matchable()));
        groups.computeIfAbsent(key, k -> new ArrayList<>()).add(part);
      }
      for (Map.Entry<String, List<Part>> group : groups.entrySet()) {
        tellGroup(group.getKey(), group.getValue());
      }
    }

    private void tellGroup(String key, List<Part> parts) throws SQLException {
      Instant arose = parts.stream().map(Part::arose).min(Instant::compareTo).orElseThrow();
      Instant leaves =
          grouping.leavesAt(arose, UntoldRows.groupTold(connection, channel.id(), key));
      if (leaves.isAfter(now)) {
        wait(parts, leaves);
        return;
      }
      Map<String, String> labels = grouping.groupOf(parts.get(0).incident.matchable());
      List<Notification> messages = parts.stream().map(Part::message).toList();
      boolean allEnd = parts.stream().allMatch(Part::ends);
      tell(Digest.group(labels, messages, allEnd && othersHold(labels, parts), now));
      for (Part part : parts) {
        settle(part);
      }
      UntoldRows.groupTold(connection, channel, key, now);
    }

    private void wait(List<Part> parts, Instant until) throws SQLException {
      for (Part part : parts) {
        if (part.done.isEmpty()) {
          UntoldRows.remindAt(connection, channel.id(), part.incident.id(), until);
        } else {
          UntoldRows.postpone(connection, channel.id(), part.incident.id(), until);
        }
      }
    }

    /** Whether the channel knows of unresolved incidents of a group beside those given. */
    private boolean othersHold(Map<String, String> labels, List<Part> parts) throws SQLException {
      Set<UUID> these = parts.stream().map(part -> part.incident.id()).collect(Collectors.toSet());
      Set<UUID> others = UntoldRows.told(connection, channel.id());
      others.removeAll(these);
      return incidents.find(connection, others).stream()
          .anyMatch(i -> !i.isResolved() && grouping.groupOf(i.matchable()).equals(labels));
    }

    private void tell(Notification message) throws SQLException {
      outbox.enqueue(connection, channel.tenantId(), List.of(channel.id()), message);
      deliveries++;
    }

    /** Notes that the channel knows. */
    private void settle(Part part) throws SQLException {
      UntoldRows.remove(connection, channel.id(), part.done);
      if (part.ends) {
        UntoldRows.forget(connection, channel.id(), part.incident.id());
      } else {
        UntoldRows.told(connection, channel, part.incident.id(), now, grouping.remindAt(now));
      }
    }

    private Notification message(long entryId) throws SQLException {
      String message = UntoldRows.message(connection, entryId);
      try {
        return json.readValue(message, Notification.class);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(
            "the message of transition " + entryId + " is not the JSON we wrote", e);
      }
    }
  }
}
