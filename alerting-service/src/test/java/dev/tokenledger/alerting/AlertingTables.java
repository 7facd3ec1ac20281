package dev.tokenledger.alerting;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The alerting service's tables in a real database, as the service sees them. */
public final class AlertingTables implements AutoCloseable {
  public static final int TENANT = 7;

  /** As the application's. */
  public static final ObjectMapper JSON =
      JsonMapper.builder()
          .findAndAddModules()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private final TestDatabase stores;
  private final Database database;

  public AlertingTables() throws SQLException {
    stores = TestDatabase.create();
    stores.migrations().migrate("alerting", AlertingStart.SCRIPTS);
    database = stores.databases().open(ServiceRole.ALERTING, 12);
  }

  /** The migrations, in their order. */
  public static List<String> scripts() {
    return AlertingStart.SCRIPTS;
  }

  public Database database() {
    return database;
  }

  /** Leaves no rows. */
  public void empty() throws SQLException {
    execute(
        "TRUNCATE alerting.incidents, alerting.channels, alerting.budgets, alerting.silences,"
            + " alerting.grouping, alerting.series_watches CASCADE");
  }

  /** Makes a channel. */
  public UUID channel(int tenantId) throws SQLException {
    UUID id = UUID.randomUUID();
    try (Connection connection = stores.asOwner();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url,"
                    + " encrypted_secret, created_by)"
                    + " VALUES (?, ?, 'test', 'webhook', 'http://localhost', '', 'test')")) {
      insert.setObject(1, id);
      insert.setInt(2, tenantId);
      insert.executeUpdate();
    }
    return id;
  }

  /** Runs a statement as the owner of the tables. */
  public void execute(String sql, Object... parameters) throws SQLException {
    try (Connection connection = stores.asOwner();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      statement.execute();
    }
  }

  /** The first column of what is found, as text, as the owner of the tables sees it. */
  public List<String> texts(String sql, Object... parameters) throws SQLException {
    try (Connection connection = stores.asOwner();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      try (ResultSet row = statement.executeQuery()) {
        List<String> texts = new ArrayList<>();
        while (row.next()) {
          texts.add(row.getString(1));
        }
        return texts;
      }
    }
  }

  private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
