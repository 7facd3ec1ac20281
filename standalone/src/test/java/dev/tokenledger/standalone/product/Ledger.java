package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Looks at the ledger with SQL as the owner of the database, who sees all tenants. */
final class Ledger {
  private static final Duration SETTLE = Duration.ofSeconds(60);

  private final Installation product;

  Ledger(Installation product) {
    this.product = product;
  }

  /**
   * What a tenant's ledger holds in all.
   *
   * @param rows stored events, those that do not count included
   * @param accepted events that were accepted, repeated ones included
   */
  record Totals(
      long rows,
      long accepted,
      long modelCalls,
      long inputTokens,
      long outputTokens,
      long costNanos,
      long unpricedCalls) {

    Totals minus(Totals before) {
      return new Totals(
          rows - before.rows,
          accepted - before.accepted,
          modelCalls - before.modelCalls,
          inputTokens - before.inputTokens,
          outputTokens - before.outputTokens,
          costNanos - before.costNanos,
          unpricedCalls - before.unpricedCalls);
    }

    static final Totals NOTHING = new Totals(0, 0, 0, 0, 0, 0, 0);
  }

  Connection connect() throws SQLException {
    return product.database();
  }

  /** The totals of all tenants once everything accepted is settled. */
  Totals settled() throws Exception {
    awaitSettled();
    List<Object> row =
        rows("SELECT count(*), (SELECT coalesce(sum(accepted), 0) FROM ledger.admitted),"
                + " coalesce(sum(model_calls) FILTER (WHERE counted), 0),"
                + " coalesce(sum(input_tokens) FILTER (WHERE counted), 0),"
                + " coalesce(sum(output_tokens) FILTER (WHERE counted), 0),"
                + " coalesce(sum(cost_nanos) FILTER (WHERE counted), 0),"
                + " coalesce(sum(unpriced_calls) FILTER (WHERE counted), 0)"
                + " FROM ledger.events")
            .get(0);
    long[] values = row.stream().mapToLong(value -> ((Number) value).longValue()).toArray();
    return new Totals(values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
  }

  /** Waits until no accepted block waits to be settled, for as long as they become fewer. */
  void awaitSettled() throws Exception {
    Api admin = product.admin();
    AtomicInteger waiting = new AtomicInteger(Integer.MAX_VALUE);
    while (waiting.get() > 0) {
      int before = waiting.get();
      Eventually.holds(
          "what is accepted is settled, of " + before + " blocks",
          SETTLE,
          () -> {
            Api.Answer answer = admin.get("/v1/ledger/reconciliation");
            int now =
                answer.status() == 200 ? answer.json().path("unsettled_blocks").asInt(-1) : -1;
            waiting.set(now < 0 ? before : now);
            return waiting.get() < before;
          });
    }
  }

  /** The product's own proof for the last five weeks. */
  JsonNode reconciliation() throws IOException {
    java.time.Instant now = java.time.Instant.now();
    return product
        .admin()
        .get(
            "/v1/ledger/reconciliation?start="
                + now.minus(Duration.ofDays(36))
                + "&end="
                + now.plus(Duration.ofDays(1)))
        .json();
  }

  List<List<Object>> rows(String sql, Object... arguments) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        select.setObject(i + 1, arguments[i]);
      }
      try (ResultSet result = select.executeQuery()) {
        return rows(result);
      }
    }
  }

  static List<List<Object>> rows(ResultSet result) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    while (result.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        row.add(result.getObject(i));
      }
      rows.add(row);
    }
    return rows;
  }

  long number(String sql, Object... arguments) throws SQLException {
    return ((Number) rows(sql, arguments).get(0).get(0)).longValue();
  }
}
