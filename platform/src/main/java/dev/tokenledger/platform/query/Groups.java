package dev.tokenledger.platform.query;

import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What was read, by time and dimension ids, within the memory of a question. Not thread-safe. */
final class Groups {
  /**
   * What a group takes in memory without its values: the entry of the map and its slot, key, ids,
   * group and vector, and its place among the ordered lines of the answer; read from a heap
   * histogram.
   */
  private static final long BYTES = 264;

  private final AnswerMemory memory;
  private final int room;
  private final Map<Group.Key, Group> groups = new LinkedHashMap<>();

  /** Each moment once: an answer has far fewer of them than groups. */
  private final Map<Instant, Instant> times = new HashMap<>();

  /**
   * @param room the number of sums that a group will have
   */
  Groups(AnswerMemory memory, int room) {
    this.memory = memory;
    this.room = room;
  }

  /** The group of a key, made when it is not there. */
  Group of(Group.Key key) {
    Group group = groups.get(key);
    if (group == null) {
      memory.add(BYTES + 4L * key.size());
      group = new Group(memory, room);
      groups.put(key.at(key.time() == null ? null : time(key.time())), group);
    }
    return group;
  }

  private @Nullable Instant time(Instant time) {
    Instant known = times.putIfAbsent(time, time);
    return known == null ? time : known;
  }

  /** Leaves out groups; what they took is not given back before the question ends. */
  void removeIf(Predicate<Group> unwanted) {
    groups.values().removeIf(unwanted);
  }

  Map<Group.Key, Group> all() {
    return groups;
  }
}
