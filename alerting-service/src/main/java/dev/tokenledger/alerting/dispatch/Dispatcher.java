package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.dispatch.NotificationDecision.Untold;
import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.incident.IncidentStatus;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
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
import java.util.stream.Stream;

/**
 * Makes deliveries of what channels have not been told. All of one channel is decided in one
 * transaction by whoever has locked the channel's row, so that a group is not torn apart and an end
 * does not overtake its beginning; other processes pass over a locked channel. The deliveries are
 * written, and what they tell is removed, in that transaction: a process that dies leaves either
 * both done or neither.
 */
final class Dispatcher {
  /**
   * How long what is muted may be left without a look, should a word of its end be missed; and how
   * long what a disabled channel is still to be told, should it be enabled again.
   */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

  private final Database database;
  private final Outbox outbox;
  private final IncidentReader incidents;
  private final Mutings mutings;
  private final NotificationLog told;
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
    this.told = new NotificationLog(json);
    this.json = json;
    this.clock = clock;
  }

  /** Channels that something may be told now. */
  List<UUID> due() {
    Instant now = clock.instant();
    return database.asService(connection -> PendingNotifications.dueChannels(connection, now));
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
          Optional<PendingNotifications.Channel> channel =
              PendingNotifications.lock(connection, channelId);
          if (channel.isEmpty()) {
            return 0;
          }
          if (channel.get().isDeleted()) {
            PendingNotifications.forget(connection, channelId);
            return 0;
          }
          if (channel.get().isDisabled()) {
            PendingNotifications.suspend(connection, channelId, now, now.plus(LOOK_AGAIN));
            return 0;
          }
          return new Round(connection, channel.get(), now).run();
        });
  }

  /**
   * Something that a channel is about to be told.
   *
   * @param known whether the channel knows that the incident is not resolved
   * @param done what need not be told any more after it
   */
  private record Part(
      Incident incident,
      GroupKey topic,
      boolean known,
      Notification message,
      Instant arose,
      List<Untold> done,
      boolean ends) {}

  /** What is decided for one channel at one moment. */
  private final class Round {
    private final Connection connection;
    private final PendingNotifications.Channel channel;
    private final Instant now;
    private final Grouping grouping;
    private final Muting muting;
    private int deliveries;

    Round(Connection connection, PendingNotifications.Channel channel, Instant now)
        throws SQLException {
      this.connection = connection;
      this.channel = channel;
      this.now = now;
      this.grouping = Groupings.of(connection, channel.tenantId());
      this.muting = mutings.at(connection, channel.tenantId(), now);
    }

    int run() throws SQLException {
      Map<UUID, List<Untold>> untold = PendingNotifications.due(connection, channel.id(), now);
      List<UUID> remind = told.dueReminders(connection, channel.id(), now);
      Set<UUID> all = new LinkedHashSet<>(untold.keySet());
      all.addAll(remind);
      Map<UUID, GroupKey> topics = told.topics(connection, channel.id(), all);
      Map<UUID, Incident> known =
          incidents.find(connection, all).stream()
              .collect(Collectors.toMap(Incident::id, Function.identity()));
      List<Part> parts = new ArrayList<>();
      for (Map.Entry<UUID, List<Untold>> entry : untold.entrySet()) {
        UUID id = entry.getKey();
        parts.addAll(decide(known.get(id), Optional.ofNullable(topics.get(id)), entry.getValue()));
      }
      for (UUID id : remind) {
        remind(known.get(id), topics.get(id), untold.containsKey(id)).ifPresent(parts::add);
      }
      Set<UUID> first = new HashSet<>();
      Map<GroupKey, List<Part>> groups = new LinkedHashMap<>();
      for (Part part : parts) {
        if (part.topic.group() != null) {
          groups.computeIfAbsent(part.topic, topic -> new ArrayList<>()).add(part);
        } else if (first.add(part.incident.id())) {
          tell(part.message);
          settle(part);
        }
      }
      for (Map.Entry<GroupKey, List<Part>> group : groups.entrySet()) {
        tellGroup(group.getKey(), group.getKey().group(), group.getValue());
      }
      return deliveries;
    }

    /**
     * @param knownBy empty if the channel does not know the incident
     */
    private List<Part> decide(Incident incident, Optional<GroupKey> knownBy, List<Untold> untold)
        throws SQLException {
      GroupKey topic = knownBy.orElseGet(() -> GroupKey.of(incident, grouping));
      boolean together = topic.group() != null;
      NotificationDecision decision =
          NotificationDecision.of(
              untold,
              knownBy.isPresent(),
              muting.of(incident, channel.id()),
              together,
              together ? Severity.LOW : channel.least());
      if (!decision.hold().isEmpty()) {
        Instant next = now.plus(LOOK_AGAIN);
        Instant end = muting.firstEnd(incident).orElse(next);
        PendingNotifications.hold(
            connection, channel.id(), decision.hold(), end.isBefore(next) ? end : next);
      }
      if (decision.tell().isEmpty()) {
        PendingNotifications.remove(connection, channel.id(), decision.drop());
        return List.of();
      }
      List<Part> parts = new ArrayList<>();
      Instant arose = untold.get(0).arose();
      for (Untold transition : decision.tell()) {
        // What is dropped goes with the first that is told, not before: its group may still wait.
        List<Untold> done = new ArrayList<>(parts.isEmpty() ? decision.drop() : List.of());
        done.add(transition);
        parts.add(
            new Part(
                incident,
                topic,
                knownBy.isPresent(),
                message(transition.entryId()),
                arose,
                done,
                transition.isEnd()));
      }
      return parts;
    }

    private Optional<Part> remind(Incident incident, GroupKey topic, boolean isToldAnyway)
        throws SQLException {
      if (incident.status() != IncidentStatus.OPEN || grouping.repeatInterval().isZero()) {
        told.remindAt(connection, channel.id(), incident.id(), null);
        return Optional.empty();
      }
      if (isToldAnyway) {
        told.remindAt(connection, channel.id(), incident.id(), grouping.remindAt(now));
        return Optional.empty();
      }
      if (muting.of(incident, channel.id()) != NotificationDecision.Mute.NOTHING) {
        told.remindAt(connection, channel.id(), incident.id(), now.plus(LOOK_AGAIN));
        return Optional.empty();
      }
      // As old as the wait is long: it has waited for company enough, but not for the interval.
      Instant arose = now.minus(grouping.groupWait());
      return Optional.of(
          new Part(
              incident,
              topic,
              true,
              GroupMessage.reminder(incident, now),
              arose,
              List.of(),
              false));
    }

    private void tellGroup(GroupKey topic, Map<String, String> labels, List<Part> parts)
        throws SQLException {
      String key = Grouping.key(labels);
      Instant arose = parts.stream().map(Part::arose).min(Instant::compareTo).orElseThrow();
      Instant leaves =
          grouping.leavesAt(arose, PendingNotifications.groupTold(connection, channel.id(), key));
      if (leaves.isAfter(now)) {
        wait(parts, leaves);
        return;
      }
      List<UUID> these = parts.stream().map(part -> part.incident.id()).toList();
      Optional<Severity> others = told.worstOther(connection, channel.id(), topic.key(), these);
      List<Part> telling = matters(parts, others);
      if (telling.isEmpty()) {
        return;
      }
      List<Notification> messages = telling.stream().map(Part::message).toList();
      tell(GroupMessage.group(topic, messages, others, now));
      for (Part part : telling) {
        settle(part);
      }
      PendingNotifications.groupTold(connection, channel, key, now);
    }

    /**
     * Drops what the channel does not know of a group in which nothing that holds matters enough.
     *
     * @param others how severe the worst is of the group's others that the channel knows
     */
    private List<Part> matters(List<Part> parts, Optional<Severity> others) throws SQLException {
      boolean matters =
          Stream.concat(
                  parts.stream().filter(part -> !part.ends).map(part -> part.message.severity()),
                  others.stream())
              .anyMatch(severity -> severity.compareTo(channel.least()) >= 0);
      List<Part> telling = new ArrayList<>();
      for (Part part : parts) {
        if (matters || part.known) {
          telling.add(part);
        } else {
          PendingNotifications.remove(connection, channel.id(), part.done);
        }
      }
      return telling;
    }

    private void wait(List<Part> parts, Instant until) throws SQLException {
      for (Part part : parts) {
        if (part.done.isEmpty()) {
          told.remindAt(connection, channel.id(), part.incident.id(), until);
        } else {
          PendingNotifications.postpone(connection, channel.id(), part.incident.id(), until);
        }
      }
    }

    private void tell(Notification message) throws SQLException {
      outbox.enqueue(connection, channel.tenantId(), List.of(channel.id()), message);
      deliveries++;
    }

    /** Notes that the channel knows. */
    private void settle(Part part) throws SQLException {
      PendingNotifications.remove(connection, channel.id(), part.done);
      if (part.ends) {
        told.forget(connection, channel.id(), part.incident.id());
      } else {
        told.note(connection, channel, part.incident.id(), part.topic, now, grouping.remindAt(now));
      }
    }

    private Notification message(long entryId) throws SQLException {
      String message = PendingNotifications.message(connection, entryId);
      try {
        return json.readValue(message, Notification.class);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(
            "the message of transition " + entryId + " is not the JSON we wrote", e);
      }
    }
  }
}
