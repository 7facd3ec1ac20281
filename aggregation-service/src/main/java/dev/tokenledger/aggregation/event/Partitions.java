package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Grain;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The partitions of the ledger's tables, named after their first day: events and minutes by day,
 * hours by month, days by year, as {@code ledger.ensure_partitions} makes them. The writer goes to
 * them directly, since COPY does not go with the row-level security of the tables above them.
 * Thread-safe.
 */
public final class Partitions {
  private static final DateTimeFormatter FIRST_DAY = DateTimeFormatter.ofPattern("yyyyMMdd");

  private final Set<Long> knownDays = ConcurrentHashMap.newKeySet();

  /**
   * Makes what is missing for the days of the events, in a committed transaction of its own.
   *
   * @param connection within no transaction
   */
  public void ensure(Connection connection, Collection<LedgerEvent> events) throws SQLException {
    Set<Long> days = new HashSet<>();
    for (LedgerEvent event : events) {
      if (!knownDays.contains(event.epochDay())) {
        days.add(event.epochDay());
      }
    }
    if (days.isEmpty()) {
      return;
    }
    try (PreparedStatement ensure =
        connection.prepareStatement("SELECT ledger.ensure_partitions(?)")) {
      for (long day : days) {
        ensure.setObject(1, LocalDate.ofEpochDay(day));
        ensure.execute();
      }
    }
    connection.commit();
    knownDays.addAll(days);
  }

  /** The partition of the table of events that holds a day. */
  static String events(long epochDay) {
    return "ledger.events_" + FIRST_DAY.format(LocalDate.ofEpochDay(epochDay));
  }

  /**
   * The partition of a table of sums that holds a bucket.
   *
   * @param bucket start of the bucket in seconds since the epoch
   */
  public static String rollup(Grain grain, long bucket) {
    LocalDate day = Instant.ofEpochSecond(bucket).atZone(ZoneOffset.UTC).toLocalDate();
    LocalDate first =
        switch (grain) {
          case MINUTE -> day;
          case HOUR -> day.withDayOfMonth(1);
          case DAY -> day.withDayOfYear(1);
        };
    return grain.rollupTable() + "_" + FIRST_DAY.format(first);
  }
}
