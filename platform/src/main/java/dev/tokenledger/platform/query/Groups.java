package dev.tokenledger.platform.query;

import java.util.LinkedHashMap;
import java.util.Map;

/** What was read, by time and dimension ids. Not thread-safe. */
final class Groups {
  /** More groups than this are not read: the question is too wide for an answer of bounded size. */
  static final int MAX = 200_000;

  private final Map<Group.Key, Group> groups = new LinkedHashMap<>();

  /** The group of a key, made when it is not there. */
  Group of(Group.Key key) {
    Group group = groups.get(key);
    if (group == null) {
      if (groups.size() >= MAX) {
        throw Query.invalid(
            "dimensions",
            "The answer has more than "
                + MAX
                + " rows. Ask for a shorter period, longer buckets or fewer dimensions.");
      }
      group = new Group();
      groups.put(key, group);
    }
    return group;
  }

  Map<Group.Key, Group> all() {
    return groups;
  }
}
