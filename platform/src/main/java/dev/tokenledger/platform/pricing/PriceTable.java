package dev.tokenledger.platform.pricing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code admission.prices}: what tenants pay in place of the built-in catalogue's prices.
 * Rows are added and never changed, so that every cost can name the price that made it. Methods
 * work within the caller's transaction.
 */
public final class PriceTable {
  private static final Logger LOG = Logger.getLogger(PriceTable.class);

  /** Prices that a tenant may have recorded: a list of all models, and years of its changes. */
  public static final int MOST_OF_A_TENANT = 100_000;

  /**
   * Number of the advisory lock that whoever adds prices holds until the end of the transaction.
   */
  private static final long ADDING_LOCK = 730_586;

  private static final int FETCH_ROWS = 500;
  private static final int BATCH = 500;

  /** Read once in a process: it is the largest thing in memory that never changes. */
  private static final class BuiltIn {
    private static final PriceBook BOOK = PriceBook.of(Catalogue.builtIn().prices());
  }

  private final ObjectMapper json;

  public PriceTable(ObjectMapper json) {
    this.json = json;
  }

  /** The revision of the admission schema, which grows with every change of prices. */
  public static long revision(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT value FROM admission.revision");
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The built-in catalogue alone. */
  static PriceBook builtIn() {
    return BuiltIn.BOOK;
  }

  /** How many prices tenants have, and the number of the last. */
  record Size(long rows, long lastId) {}

  static Size size(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT count(*), coalesce(max(price_id), 0) FROM admission.prices"
                    + " WHERE tenant_id IS NOT NULL");
        ResultSet row = select.executeQuery()) {
      row.next();
      return new Size(row.getLong(1), row.getLong(2));
    }
  }

  /** Takes prices as they are read. */
  interface Sink {
    void add(int tenantId, Price price);
  }

  /**
   * Reads the tenants' prices from one number, which is excluded, to another, in their order.
   *
   * @return how many there were
   */
  long readAfter(Connection connection, long after, long last, Sink sink) throws SQLException {
    long read = 0;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT price_id, tenant_id, source, recorded_at, definition"
                + " FROM admission.prices WHERE tenant_id IS NOT NULL"
                + " AND price_id > ? AND price_id <= ? ORDER BY price_id")) {
      select.setFetchSize(FETCH_ROWS);
      select.setLong(1, after);
      select.setLong(2, last);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          sink.add(rows.getInt(2), read(rows));
          read++;
        }
      }
    }
    return read;
  }

  /** The tenant's price of a model that was recorded last, whatever its dates. */
  public Optional<Price> last(
      Connection connection, int tenantId, @Nullable String provider, String model)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT price_id, tenant_id, source, recorded_at, definition FROM admission.prices"
                + " WHERE tenant_id = ? AND model = ? AND provider IS NOT DISTINCT FROM ?"
                + " ORDER BY price_id DESC LIMIT 1")) {
      select.setInt(1, tenantId);
      select.setString(2, model);
      select.setString(3, provider);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(read(rows)) : Optional.empty();
      }
    }
  }

  /** One tenant's own prices, the latest first. */
  public List<Price> list(Connection connection, int tenantId, int limit) throws SQLException {
    List<Price> prices = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT price_id, tenant_id, source, recorded_at, definition FROM admission.prices"
                + " WHERE tenant_id = ? ORDER BY price_id DESC LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, limit);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          prices.add(read(rows));
        }
      }
    }
    return prices;
  }

  private Price read(ResultSet row) throws SQLException {
    String definition = row.getString(5);
    try {
      PriceJson price = json.readValue(definition, PriceJson.class);
      String version = price.version();
      if (version == null) {
        throw new IllegalStateException("price " + row.getLong(1) + " was stored without version");
      }
      return price.toPrice(version, row.getString(3), row.getTimestamp(4).toInstant());
    } catch (JsonProcessingException e) {
      LOG.errorf(e, "price %d cannot be read", row.getLong(1));
      throw new IllegalStateException("price " + row.getLong(1) + " cannot be read", e);
    }
  }

  /**
   * Adds prices of one tenant. Whoever adds prices waits for others who do, so that the numbers of
   * prices grow in the order in which they become visible.
   *
   * @throws ProblemException {@link ProblemCode#CONFLICT} if the tenant would have more than {@link
   *     #MOST_OF_A_TENANT}
   */
  public void insert(Connection connection, int tenantId, Collection<Price> prices, String actor)
      throws SQLException {
    if (prices.isEmpty()) {
      return;
    }
    try (Statement lock = connection.createStatement()) {
      lock.execute("SELECT pg_advisory_xact_lock(" + ADDING_LOCK + ")");
    }
    long there = count(connection, tenantId);
    if (there + prices.size() > MOST_OF_A_TENANT) {
      throw new ProblemException(
          ProblemCode.CONFLICT,
          "There are "
              + there
              + " prices of your own and "
              + prices.size()
              + " would be added; "
              + MOST_OF_A_TENANT
              + " is the most. Import a shorter list: prices that have not changed are never added"
              + " again.");
    }
    int batch = 0;
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.prices (tenant_id, provider, model, valid_from, valid_until,"
                + " recorded_at, source, definition, created_by)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?)")) {
      for (Price price : prices) {
        insert.setInt(1, tenantId);
        insert.setString(2, price.provider());
        insert.setString(3, price.model());
        insert.setTimestamp(4, Timestamp.from(price.from()));
        insert.setTimestamp(5, price.until() == null ? null : Timestamp.from(price.until()));
        insert.setTimestamp(6, Timestamp.from(price.recordedAt()));
        insert.setString(7, price.source());
        insert.setString(8, json.writeValueAsString(PriceJson.of(price)));
        insert.setString(9, actor);
        insert.addBatch();
        if (++batch % BATCH == 0) {
          insert.executeBatch();
        }
      }
      insert.executeBatch();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a price cannot be written as JSON", e);
    }
  }

  private static long count(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT count(*) FROM admission.prices WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}
