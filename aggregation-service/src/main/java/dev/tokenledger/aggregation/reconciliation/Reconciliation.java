package dev.tokenledger.aggregation.reconciliation;

import dev.tokenledger.aggregation.deadletter.DeadLetters;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.model.rollup.UserSpan;
import dev.tokenledger.model.rollup.UserSpanPlan;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.query.CompleteUserSums;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Adds the same events up in four ways and compares: what was accepted, the rows that are stored,
 * each cuboid of the rollups with the sums of users, and the hot rollups in Redis.
 */
final class Reconciliation {
  private static final String SUMS =
      Arrays.stream(Measure.values())
          .map(m -> "coalesce(sum(" + m.column() + "), 0)")
          .collect(Collectors.joining(", "));

  private final Database database;
  private final BlockingRedis redis;
  private final DeadLetters deadLetters;
  private final int shards;
  private final Clock clock;

  Reconciliation(
      Database database,
      BlockingRedis redis,
      DeadLetters deadLetters,
      StreamConfig streams,
      Clock clock) {
    this.database = database;
    this.redis = redis;
    this.deadLetters = deadLetters;
    this.shards = streams.shards();
    this.clock = clock;
  }

  /**
   * The figures of a period of whole hours.
   *
   * @param accepted events that the door accepted and that were settled
   * @param duplicates those among them that were in the ledger already
   * @param amended those among them that updated one in the ledger
   * @param storedEvents rows
   * @param stored sums over the rows that count
   * @param rolledUp sums over each cuboid that covers the period in whole buckets, except that of
   *     tags, which counts an event once for each tag
   * @param users sums over what is added up of users over models, and over their cuboid where
   *     nothing is added up yet
   * @param hotFrom start of the part of the period that Redis holds
   * @param hot sums over that part in Redis
   * @param hotExpected sums over the same part in Postgres
   * @param unsettledBlocks blocks that are accepted and not settled yet
   * @param deadEvents events that were accepted and could not be settled
   */
  record Figures(
      Instant start,
      Instant end,
      long accepted,
      long duplicates,
      long amended,
      long storedEvents,
      MeasureVector stored,
      Map<Cuboid, MeasureVector> rolledUp,
      MeasureVector users,
      Instant hotFrom,
      MeasureVector hot,
      MeasureVector hotExpected,
      long unsettledBlocks,
      long deadEvents) {

    boolean acceptedAgrees() {
      return deadEvents == 0 && accepted - duplicates - amended == storedEvents;
    }

    boolean rollupsAgree() {
      return rolledUp.values().stream().allMatch(stored::equals) && users.equals(stored);
    }

    boolean hotAgrees() {
      return hot.equals(hotExpected);
    }
  }

  /**
   * @param start start of an hour
   * @param end start of an hour, after the start
   * @param abandoned whether nobody waits for the figures any more; it is looked at between
   *     statements
   * @throws ProblemException {@link ProblemCode#TOO_SLOW} if they were abandoned
   */
  Figures of(int tenantId, Instant start, Instant end, BooleanSupplier abandoned) {
    Instant hotFrom = hotFrom(start, end);
    MeasureVector hot = hot(tenantId, hotFrom, end);
    long unsettled = unsettledBlocks();
    long dead = deadLetters.events(tenantId, start, end);
    return database.snapshotAsTenant(
        tenantId,
        connection -> {
          long[] admitted = admitted(connection, tenantId, start, end);
          return new Figures(
              start,
              end,
              admitted[0],
              admitted[1],
              admitted[2],
              storedEvents(connection, tenantId, start, end),
              stored(connection, tenantId, start, end),
              rolledUp(connection, tenantId, start, end, abandoned),
              users(connection, tenantId, start, end),
              hotFrom,
              hot,
              rollup(connection, tenantId, Cuboid.CORE, Grain.HOUR, hotFrom, end),
              unsettled,
              dead);
        });
  }

  private Instant hotFrom(Instant start, Instant end) {
    Instant oldest =
        Grain.HOUR
            .floor(clock.instant().minus(HotKeys.retention(Grain.HOUR)))
            .plus(Grain.HOUR.length());
    Instant from = start.isBefore(oldest) ? oldest : start;
    return from.isAfter(end) ? end : from;
  }

  private MeasureVector hot(int tenantId, Instant from, Instant end) {
    MeasureVector sums = new MeasureVector();
    for (Instant hour = from; hour.isBefore(end); hour = hour.plus(Grain.HOUR.length())) {
      Response values =
          redis.send(Request.cmd(Command.HVALS).arg(HotKeys.bucket(tenantId, Grain.HOUR, hour)));
      if (values != null) {
        for (Response value : values) {
          sums.add(HotKeys.measures(value.toString()));
        }
      }
    }
    return sums;
  }

  private long unsettledBlocks() {
    long blocks = 0;
    for (int shard = 0; shard < shards; shard++) {
      Response length = redis.send(Request.cmd(Command.XLEN).arg(StreamKeys.events(shard)));
      blocks += length == null ? 0 : length.toLong();
    }
    return blocks;
  }

  private static long[] admitted(Connection connection, int tenantId, Instant start, Instant end)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(sum(accepted), 0), coalesce(sum(duplicates), 0),"
                + " coalesce(sum(amended), 0) FROM ledger.admitted"
                + " WHERE tenant_id = ? AND hour >= ? AND hour < ?")) {
      bind(select, tenantId, start, end);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return new long[] {row.getLong(1), row.getLong(2), row.getLong(3)};
      }
    }
  }

  private static long storedEvents(Connection connection, int tenantId, Instant start, Instant end)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM ledger.events WHERE tenant_id = ? AND time >= ? AND time < ?")) {
      bind(select, tenantId, start, end);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private static MeasureVector stored(
      Connection connection, int tenantId, Instant start, Instant end) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + SUMS
                + " FROM ledger.events"
                + " WHERE tenant_id = ? AND time >= ? AND time < ? AND counted")) {
      bind(select, tenantId, start, end);
      return sums(select);
    }
  }

  private static Map<Cuboid, MeasureVector> rolledUp(
      Connection connection, int tenantId, Instant start, Instant end, BooleanSupplier abandoned)
      throws SQLException {
    boolean wholeDays = Grain.DAY.floor(start).equals(start) && Grain.DAY.floor(end).equals(end);
    Map<Cuboid, MeasureVector> sums = new EnumMap<>(Cuboid.class);
    for (Cuboid cuboid : Cuboid.values()) {
      if (abandoned.getAsBoolean()) {
        throw ProblemException.retryable(
            ProblemCode.TOO_SLOW,
            "Nobody waits for this reconciliation any more.",
            Duration.ofSeconds(5),
            null);
      }
      Grain grain = wholeDays ? Grain.DAY : Grain.HOUR;
      if (cuboid != Cuboid.TAG && cuboid.grains().contains(grain)) {
        sums.put(cuboid, rollup(connection, tenantId, cuboid, grain, start, end));
      }
    }
    return sums;
  }

  private static MeasureVector rollup(
      Connection connection, int tenantId, Cuboid cuboid, Grain grain, Instant start, Instant end)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + SUMS
                + " FROM "
                + grain.rollupTable()
                + " WHERE tenant_id = ? AND bucket >= ? AND bucket < ? AND cuboid = ?")) {
      bind(select, tenantId, start, end);
      select.setInt(4, cuboid.code());
      return sums(select);
    }
  }

  private static MeasureVector users(
      Connection connection, int tenantId, Instant start, Instant end) throws SQLException {
    UserSpanPlan plan =
        UserSpanPlan.cover(
            start, end, UserSpan.EIGHT_DAYS, CompleteUserSums.read(connection, tenantId));
    MeasureVector sums = new MeasureVector();
    for (UserSpanPlan.Run run : plan.runs()) {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT "
                  + SUMS
                  + " FROM ledger.user_sums"
                  + " WHERE tenant_id = ? AND bucket >= ? AND bucket < ? AND hours = ?")) {
        bind(select, tenantId, run.from(), run.until());
        select.setInt(4, run.span().hours());
        sums.add(sums(select));
      }
    }
    for (UserSpanPlan.Period rest : plan.rest()) {
      sums.add(rollup(connection, tenantId, Cuboid.BY_USER, Grain.HOUR, rest.from(), rest.until()));
    }
    return sums;
  }

  private static void bind(PreparedStatement select, int tenantId, Instant start, Instant end)
      throws SQLException {
    select.setInt(1, tenantId);
    select.setObject(2, start.atOffset(ZoneOffset.UTC));
    select.setObject(3, end.atOffset(ZoneOffset.UTC));
  }

  private static MeasureVector sums(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      row.next();
      long[] values = new long[Measure.count()];
      for (int i = 0; i < values.length; i++) {
        // The sum of bigints is a numeric in Postgres; beyond a long it would be an error, not
        // less.
        values[i] = row.getBigDecimal(1 + i).longValueExact();
      }
      return MeasureVector.of(values);
    }
  }
}
