package dev.tokenledger.alerting.anomaly;

import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Watches in the database, within the caller's transaction. */
final class WatchStore {
  /** Subjects of a tenant that are kept, also those that are not among the largest just now. */
  static final int MOST_KEPT = 400;

  /** Who was not among the largest for so long is forgotten. */
  static final Duration KEPT = Duration.ofDays(90);

  private static final Logger LOG = Logger.getLogger(WatchStore.class);
  private static final int MEASURES = WatchedMeasure.values().length;

  private static final String COLUMNS =
      "dimension, value, first_bucket, last_bucket, state, observed, expected, lower_bound,"
          + " upper_bound, open_key, open_level, alarmed_bucket, alarmed, calm_hours";

  private final AnomalySettings settings;

  WatchStore(AnomalySettings settings) {
    this.settings = settings;
  }

  Optional<SeriesState> find(Connection connection, int tenantId, WatchedSeries subject)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.series_watches"
                + " WHERE tenant_id = ? AND dimension = ? AND value = ?")) {
      select.setInt(1, tenantId);
      select.setString(2, subject.dimension());
      select.setString(3, subject.value());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(read(row)) : Optional.empty();
      }
    }
  }

  /**
   * All watches of a tenant, by dimension and value.
   *
   * @param dimension those of one dimension alone; null for all
   */
  List<SeriesState> all(Connection connection, int tenantId, @Nullable String dimension)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.series_watches WHERE tenant_id = ? AND (? OR dimension = ?)"
                + " ORDER BY dimension, value")) {
      select.setInt(1, tenantId);
      select.setBoolean(2, dimension == null);
      select.setString(3, dimension);
      try (ResultSet row = select.executeQuery()) {
        List<SeriesState> watches = new ArrayList<>();
        while (row.next()) {
          watches.add(read(row));
        }
        return watches;
      }
    }
  }

  /** Those of which an anomaly lasts. */
  List<WatchedSeries> unusual(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT dimension, value FROM alerting.series_watches"
                + " WHERE tenant_id = ? AND open_key IS NOT NULL")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        List<WatchedSeries> subjects = new ArrayList<>();
        while (row.next()) {
          subjects.add(new WatchedSeries(row.getString(1), row.getString(2)));
        }
        return subjects;
      }
    }
  }

  private SeriesState read(ResultSet row) throws SQLException {
    WatchedSeries subject = new WatchedSeries(row.getString("dimension"), row.getString("value"));
    Long[] observed = (Long[]) row.getArray("observed").getArray();
    Double[] expected = (Double[]) row.getArray("expected").getArray();
    Double[] lower = (Double[]) row.getArray("lower_bound").getArray();
    Double[] upper = (Double[]) row.getArray("upper_bound").getArray();
    List<SeriesState.Reading> readings = new ArrayList<>();
    for (int i = 0; i < observed.length; i++) {
      readings.add(new SeriesState.Reading(observed[i], expected[i], lower[i], upper[i]));
    }
    return new SeriesState(
        subject,
        row.getTimestamp("first_bucket").toInstant(),
        row.getTimestamp("last_bucket").toInstant(),
        detectors(subject, row.getBytes("state")),
        readings,
        anomaly(row));
  }

  private static SeriesState.@Nullable Anomaly anomaly(ResultSet row) throws SQLException {
    String key = row.getString("open_key");
    if (key == null) {
      return null;
    }
    Set<WatchedMeasure> measures = EnumSet.noneOf(WatchedMeasure.class);
    for (String name : (String[]) row.getArray("alarmed").getArray()) {
      measures.add(WatchedMeasure.valueOf(name));
    }
    return new SeriesState.Anomaly(
        key,
        row.getInt("open_level"),
        row.getTimestamp("alarmed_bucket").toInstant(),
        measures,
        row.getInt("calm_hours"));
  }

  /** None where the state is one of another version: the subject learns anew from its history. */
  private List<AnomalyDetector> detectors(WatchedSeries subject, byte[] state) {
    if (state.length % MEASURES != 0) {
      return List.of();
    }
    int size = state.length / MEASURES;
    List<AnomalyDetector> detectors = new ArrayList<>();
    for (int i = 0; i < MEASURES; i++) {
      byte[] one = Arrays.copyOfRange(state, i * size, (i + 1) * size);
      try {
        detectors.add(AnomalyDetector.fromBytes(one, settings));
      } catch (IllegalArgumentException e) {
        LOG.infof("%s is learnt anew: %s", subject, e.getMessage());
        return List.of();
      }
    }
    return detectors;
  }

  /**
   * Writes what is known after some hours, if nobody has done it meanwhile. Whoever writes second
   * waits for the first one's transaction to end.
   *
   * @param before what it was made of; null at first sight
   * @return whether it was written
   */
  boolean write(
      Connection connection,
      int tenantId,
      @Nullable SeriesState before,
      SeriesState after,
      Instant now)
      throws SQLException {
    String sql =
        before == null
            ? "INSERT INTO alerting.series_watches (first_bucket, last_bucket, state, observed,"
                + " expected, lower_bound, upper_bound, open_key, open_level, alarmed_bucket,"
                + " alarmed, calm_hours, updated_at, tenant_id, dimension, value)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            : "UPDATE alerting.series_watches SET first_bucket = ?, last_bucket = ?, state = ?,"
                + " observed = ?, expected = ?, lower_bound = ?, upper_bound = ?, open_key = ?,"
                + " open_level = ?, alarmed_bucket = ?, alarmed = ?, calm_hours = ?,"
                + " updated_at = ? WHERE tenant_id = ? AND dimension = ? AND value = ?"
                + " AND last_bucket = ?";
    try (PreparedStatement write = connection.prepareStatement(sql)) {
      List<SeriesState.Reading> readings = after.readings();
      SeriesState.Anomaly anomaly = after.anomaly();
      write.setTimestamp(1, Timestamp.from(after.firstBucket()));
      write.setTimestamp(2, Timestamp.from(after.lastBucket()));
      write.setBytes(3, state(after));
      write.setArray(
          4,
          array(
              connection, "int8", readings.stream().map(SeriesState.Reading::observed).toArray()));
      write.setArray(
          5,
          array(
              connection,
              "float8",
              readings.stream().map(SeriesState.Reading::expected).toArray()));
      write.setArray(
          6,
          array(connection, "float8", readings.stream().map(SeriesState.Reading::lower).toArray()));
      write.setArray(
          7,
          array(connection, "float8", readings.stream().map(SeriesState.Reading::upper).toArray()));
      write.setString(8, anomaly == null ? null : anomaly.key());
      write.setObject(9, anomaly == null ? null : anomaly.level());
      write.setTimestamp(10, anomaly == null ? null : Timestamp.from(anomaly.bucket()));
      write.setArray(
          11,
          anomaly == null
              ? null
              : array(connection, "text", anomaly.measures().stream().map(Enum::name).toArray()));
      write.setObject(12, anomaly == null ? null : anomaly.calmHours());
      write.setTimestamp(13, Timestamp.from(now));
      write.setInt(14, tenantId);
      write.setString(15, after.subject().dimension());
      write.setString(16, after.subject().value());
      if (before != null) {
        write.setTimestamp(17, Timestamp.from(before.lastBucket()));
      }
      return write.executeUpdate() == 1;
    }
  }

  private static Array array(Connection connection, String type, Object[] values)
      throws SQLException {
    return Objects.requireNonNull(connection.createArrayOf(type, values));
  }

  private static byte[] state(SeriesState watch) {
    ByteBuffer state = ByteBuffer.allocate(MEASURES * AnomalyDetector.STATE_BYTES);
    watch.detectors().forEach(detector -> state.put(detector.toBytes()));
    return state.array();
  }

  /** Forgets who was not fed for long, and beyond a bound who was not fed for the longest time. */
  void forget(Connection connection, int tenantId, Instant now) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.series_watches WHERE tenant_id = ? AND open_key IS NULL"
                + " AND (updated_at < ? OR (dimension, value) IN"
                + " (SELECT dimension, value FROM alerting.series_watches WHERE tenant_id = ?"
                + " ORDER BY updated_at DESC, dimension, value OFFSET ?))")) {
      delete.setInt(1, tenantId);
      delete.setTimestamp(2, Timestamp.from(now.minus(KEPT)));
      delete.setInt(3, tenantId);
      delete.setInt(4, MOST_KEPT);
      delete.executeUpdate();
    }
  }

  /** Notes that no anomaly of a tenant lasts, because nobody watches any more. */
  void endAll(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.series_watches SET open_key = NULL, open_level = NULL,"
                + " alarmed_bucket = NULL, alarmed = NULL, calm_hours = NULL"
                + " WHERE tenant_id = ? AND open_key IS NOT NULL")) {
      update.setInt(1, tenantId);
      update.executeUpdate();
    }
  }
}
