package dev.tokenledger.platform.pricing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * The table {@code admission.prices}: what tenants pay in place of the built-in catalogue's prices.
 * Rows are added and never changed, so that every cost can name the price that made it. Methods
 * work within the caller's transaction.
 */
public final class PriceTable {
  private static final Logger LOG = Logger.getLogger(PriceTable.class);

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

  /** All prices of now: the built-in catalogue and the tenants' own. */
  public PriceBook book(Connection connection) throws SQLException {
    Map<Integer, List<Price>> own = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT price_id, tenant_id, source, recorded_at, definition"
                    + " FROM admission.prices WHERE tenant_id IS NOT NULL ORDER BY price_id");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        own.computeIfAbsent(rows.getInt(2), t -> new ArrayList<>()).add(read(rows));
      }
    }
    return BuiltIn.BOOK.withOverrides(own);
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

  /** Adds prices of one tenant. */
  public void insert(Connection connection, int tenantId, Collection<Price> prices, String actor)
      throws SQLException {
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
      }
      insert.executeBatch();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a price cannot be written as JSON", e);
    }
  }
}
