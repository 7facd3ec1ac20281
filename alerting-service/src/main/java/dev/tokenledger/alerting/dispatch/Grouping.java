package dev.tokenledger.alerting.dispatch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a tenant's notifications are put together.
 *
 * @param by labels of which incidents of one group have the same values; empty for no groups: each
 *     transition is a message of its own and leaves at once
 * @param groupWait how long the first of a group waits for others
 * @param groupInterval the least time between two messages of one group to one channel
 * @param repeatInterval how long after it was told last an incident that is neither acknowledged
 *     nor resolved is told again; zero for never
 */
record Grouping(
    List<String> by, Duration groupWait, Duration groupInterval, Duration repeatInterval) {
  static final Duration LONGEST_WAIT = Duration.ofHours(1);
  static final Duration LONGEST_INTERVAL = Duration.ofDays(7);
  static final Duration LONGEST_REPEAT = Duration.ofDays(30);

  static final Grouping NONE = new Grouping(List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO);

  Grouping {
    by = List.copyOf(by);
  }

  boolean groups() {
    return !by.isEmpty();
  }

  /** The group of something with these labels; a label that is not there is empty. */
  Map<String, String> groupOf(Map<String, String> labels) {
    Map<String, String> group = new TreeMap<>();
    by.forEach(label -> group.put(label, labels.getOrDefault(label, "")));
    return group;
  }

  /** A group's name in the database and for receivers: of one length, whatever the values are. */
  static String key(Map<String, String> group) {
    StringBuilder canonical = new StringBuilder();
    new TreeMap<>(group)
        .forEach((label, value) -> canonical.append(label).append('\0').append(value).append('\0'));
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
  }

  /**
   * When a group's next message may leave.
   *
   * @param arose when the first of what it would tell arose
   * @param told when the group was told last; null if it was not
   */
  Instant leavesAt(Instant arose, @Nullable Instant told) {
    Instant waited = arose.plus(groupWait);
    Instant spaced = told == null ? waited : told.plus(groupInterval);
    return spaced.isAfter(waited) ? spaced : waited;
  }

  /** When to tell again what is told now; null for never. */
  @Nullable Instant remindAt(Instant now) {
    return repeatInterval.isZero() ? null : now.plus(repeatInterval);
  }
}
