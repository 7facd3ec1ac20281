package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Grain;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long the buckets of an answer are, in the asker's time zone. */
public enum Granularity {
  NONE,
  MINUTE,
  HOUR,
  DAY,
  WEEK,
  MONTH;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The position of a bucket among those of a period, from 0: what lies at the same position in two
   * periods is compared with one another, also where a change of the clock or the length of a month
   * has shifted it.
   *
   * @param bucket start of the bucket
   */
  long position(Period period, Instant bucket) {
    ZonedDateTime first = period.start().atZone(period.zone());
    ZonedDateTime at = bucket.atZone(period.zone());
    return switch (this) {
      case NONE -> 0;
      case MINUTE -> ChronoUnit.MINUTES.between(first.truncatedTo(ChronoUnit.MINUTES), at);
      case HOUR -> ChronoUnit.HOURS.between(first.truncatedTo(ChronoUnit.HOURS), at);
      case DAY -> ChronoUnit.DAYS.between(first.toLocalDate(), at.toLocalDate());
      case WEEK ->
          ChronoUnit.WEEKS.between(
              first.toLocalDate().with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)),
              at.toLocalDate());
      case MONTH ->
          ChronoUnit.MONTHS.between(first.toLocalDate().withDayOfMonth(1), at.toLocalDate());
    };
  }

  /**
   * The longest rollup buckets of which each lies within one bucket of the answer: a UTC day is not
   * a day in Berlin, nor is a UTC hour an hour in Kathmandu.
   */
  Grain coarsestGrain(Period period) {
    if (this == NONE) {
      return Grain.DAY;
    }
    if (this == MINUTE) {
      return Grain.MINUTE;
    }
    boolean utc = true;
    for (int offset : offsets(period)) {
      if (offset % 3600 != 0) {
        return Grain.MINUTE;
      }
      utc &= offset == 0;
    }
    return this == HOUR || !utc ? Grain.HOUR : Grain.DAY;
  }

  /** The zone's offsets from UTC in seconds that occur in the period. */
  private static List<Integer> offsets(Period period) {
    ZoneRules rules = period.zone().getRules();
    List<Integer> offsets = new ArrayList<>();
    offsets.add(rules.getOffset(period.start()).getTotalSeconds());
    ZoneOffsetTransition next = rules.nextTransition(period.start());
    while (next != null && next.getInstant().isBefore(period.end())) {
      offsets.add(next.getOffsetAfter().getTotalSeconds());
      next = rules.nextTransition(next.getInstant());
    }
    return offsets;
  }
}
