package dev.tokenledger.aggregation.identity;

import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Keeps identities in generations. Keys are hashes, so every new one belongs at another place of
 * the index: once the index outgrows the memory, each costs the reading and writing of a page. Only
 * the newest generation takes new identities, and it is sealed before its index is too large. A
 * sealed one does not change any more (but for the times of its events), so a filter in memory
 * tells of nearly all new events that they are not in it, and the few others are looked up.
 *
 * <p>{@link #lookAfter} is to be called every {@link #INTERVAL}: it begins generations and makes
 * and loads the filters. Whatever it has not done yet costs time, never exactness: a generation
 * without a filter is looked into for every event.
 */
public final class IdentityGenerations {
  private static final Logger LOG = Logger.getLogger(IdentityGenerations.class);
  public static final Duration INTERVAL = Duration.ofSeconds(2);

  /** What a row takes in the table, with its header and its line pointer. */
  private static final int BYTES_A_ROW = 68;

  /** Identities that are read at once when a filter is made. */
  private static final int PORTION = 20_000;

  /** Between two portions, which are read in about 30: others are to have the machine, too. */
  private static final Duration BREATH = Duration.ofMillis(10);

  private static final String LIST =
      "SELECT generation, sealed_at IS NOT NULL FROM ledger.identity_generations"
          + " ORDER BY generation DESC";

  private static final String SIZE = "SELECT pg_relation_size(?::regclass)";

  private static final String BEGIN = "SELECT ledger.begin_identity_generation(?)";

  private static final String LOAD =
      "SELECT filter FROM ledger.identity_generations WHERE generation = ? AND filter IS NOT NULL";

  private static final String STORE =
      "UPDATE ledger.identity_generations SET filter = ? WHERE generation = ? AND filter IS NULL";

  private final Database database;
  private final long maxKeys;
  private final long maxFilterBytes;

  /** Of sealed generations alone; replaced as a whole. */
  private volatile Map<Integer, KeyFilter> filters = Map.of();

  /**
   * @param maxKeys identities after which a generation is sealed, about
   * @param maxFilterBytes memory for filters, about 1.5 bytes an identity; the oldest generations
   *     beyond it are looked into without one
   */
  public IdentityGenerations(Database database, long maxKeys, long maxFilterBytes) {
    this.database = database;
    this.maxKeys = maxKeys;
    this.maxFilterBytes = maxFilterBytes;
  }

  /** The filter of a sealed generation, if it is in memory. */
  Optional<KeyFilter> filter(int generation) {
    return Optional.ofNullable(filters.get(generation));
  }

  /** The table of a generation. */
  static String table(int generation) {
    return "ledger.event_identity_" + generation;
  }

  record Generation(int number, boolean sealed) {}

  /** All generations, the newest first. */
  static List<Generation> list(Connection connection) throws SQLException {
    List<Generation> generations = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(LIST);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        generations.add(new Generation(rows.getInt(1), rows.getBoolean(2)));
      }
    }
    return generations;
  }

  /**
   * One round: begins the next generation if it is time, makes and loads filters.
   *
   * @param stopping whether it is to end early
   */
  public void lookAfter(BooleanSupplier stopping) {
    database.inPortions(connection -> lookAfter(connection, stopping));
  }

  private void lookAfter(Connection connection, BooleanSupplier stopping) throws SQLException {
    List<Generation> generations = list(connection);
    int newest = generations.get(0).number;
    if (size(connection, newest) >= maxKeys * BYTES_A_ROW && begin(connection, newest)) {
      LOG.infof("identities of new events go to generation %d", newest + 1);
    }
    connection.commit();
    Map<Integer, KeyFilter> before = filters;
    Map<Integer, KeyFilter> kept = new HashMap<>();
    long bytes = 0;
    for (Generation generation : list(connection)) {
      if (!generation.sealed) {
        continue;
      }
      KeyFilter filter = before.get(generation.number);
      if (filter == null) {
        filter = load(connection, generation.number, stopping);
      }
      bytes += filter.sizeInBytes();
      if (bytes > maxFilterBytes) {
        break;
      }
      kept.put(generation.number, filter);
    }
    filters = Map.copyOf(kept);
    connection.commit();
  }

  private static long size(Connection connection, int generation) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SIZE)) {
      select.setString(1, table(generation));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** Waits for the settlements that are at work; those that come later wait for this. */
  private static boolean begin(Connection connection, int newest) throws SQLException {
    try (PreparedStatement begin = connection.prepareStatement(BEGIN)) {
      begin.setInt(1, newest);
      try (ResultSet row = begin.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private KeyFilter load(Connection connection, int generation, BooleanSupplier stopping)
      throws SQLException {
    try (PreparedStatement load = connection.prepareStatement(LOAD)) {
      load.setInt(1, generation);
      try (ResultSet row = load.executeQuery()) {
        if (row.next()) {
          return KeyFilter.of(row.getBytes(1));
        }
      }
    }
    KeyFilter filter = make(connection, generation, stopping);
    try (PreparedStatement store = connection.prepareStatement(STORE)) {
      store.setBytes(1, filter.toBytes());
      store.setInt(2, generation);
      store.executeUpdate();
    }
    connection.commit();
    return filter;
  }

  /**
   * Reads in the order of the key, in short transactions: a long one would keep Postgres from
   * clearing away old versions of rows that settling updates all the time.
   */
  private static KeyFilter make(Connection connection, int generation, BooleanSupplier stopping)
      throws SQLException {
    KeyFilter filter = KeyFilter.forKeys(size(connection, generation) / BYTES_A_ROW);
    String portion =
        "SELECT tenant_id, event_key FROM "
            + table(generation)
            + " WHERE (tenant_id, event_key) > (?, ?) ORDER BY tenant_id, event_key LIMIT "
            + PORTION;
    int tenantId = Integer.MIN_VALUE;
    UUID key = new UUID(0, 0);
    try (PreparedStatement select = connection.prepareStatement(portion)) {
      int read;
      do {
        select.setInt(1, tenantId);
        select.setObject(2, key);
        read = 0;
        try (ResultSet rows = select.executeQuery()) {
          for (; rows.next(); read++) {
            tenantId = rows.getInt(1);
            key = rows.getObject(2, UUID.class);
            filter.add(tenantId, key);
          }
        }
        connection.commit();
        Thread.sleep(BREATH.toMillis());
        if (stopping.getAsBoolean()) {
          throw new SQLException("asked to stop");
        }
      } while (read == PORTION);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted", e);
    }
    return filter;
  }
}
