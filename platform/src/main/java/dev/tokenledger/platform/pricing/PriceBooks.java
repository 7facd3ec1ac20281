package dev.tokenledger.platform.pricing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.price.SharedValues;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prices of now, read once for all services of a process. After a change only what was added is
 * read, and only the tenants that have it are indexed again. Thread-safe; blocks.
 */
@ApplicationScoped
public class PriceBooks {
  private final PriceTable table;

  private @Nullable Known known;

  /**
   * What has been read.
   *
   * @param revision of the admission schema, at or before the moment of reading
   * @param rows how many there were, and {@code lastId} the number of the last
   */
  private record Known(
      long revision, long rows, long lastId, Map<Integer, List<Price>> own, PriceBook book) {}

  public PriceBooks(ObjectMapper json) {
    this.table = new PriceTable(json);
  }

  /**
   * All prices: the built-in catalogue and the tenants' own.
   *
   * @param connection in a transaction that sees the prices of all tenants
   */
  public synchronized PriceBook book(Connection connection) throws SQLException {
    Known before = known;
    long revision = PriceTable.revision(connection);
    if (before != null && revision <= before.revision) {
      return before.book;
    }
    Known now = before == null ? null : added(connection, before, revision);
    if (now == null) {
      // At the first time, and when rows are gone that were there.
      known = null;
      now = added(connection, new Known(0, 0, 0, Map.of(), PriceTable.builtIn()), revision);
    }
    if (now == null) {
      throw new IllegalStateException("prices were taken away while they were read");
    }
    known = now;
    return now.book;
  }

  /** What is known with the rows that were added; null when others have gone. */
  private @Nullable Known added(Connection connection, Known before, long revision)
      throws SQLException {
    PriceTable.Size size = PriceTable.size(connection);
    if (size.rows() == before.rows && size.lastId() == before.lastId) {
      return new Known(revision, before.rows, before.lastId, before.own, before.book);
    }
    SharedValues shared = new SharedValues();
    Map<Integer, OwnPrices> changed = new HashMap<>();
    long read =
        table.readAfter(
            connection,
            before.lastId,
            size.lastId(),
            (tenantId, price) ->
                changed
                    .computeIfAbsent(
                        tenantId, t -> new OwnPrices(before.own.getOrDefault(t, List.of()), shared))
                    .add(price));
    if (before.rows + read != size.rows()) {
      return null;
    }
    Map<Integer, List<Price>> own = new HashMap<>(before.own);
    Map<Integer, List<Price>> only = new HashMap<>();
    changed.forEach((tenantId, prices) -> only.put(tenantId, prices.all()));
    own.putAll(only);
    return new Known(
        revision, size.rows(), size.lastId(), Map.copyOf(own), before.book.withChanged(only));
  }
}
