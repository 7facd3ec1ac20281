package dev.tokenledger.platform.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A connection held for statements on behalf of the service itself that each commit alone: one turn
 * to the database for what {@link Database#asService} takes four for. Opened when it is needed, and
 * again after it has failed. Its statements are planned once, for any values: they must be such
 * that the values make no difference. Not thread-safe.
 */
public final class ServiceSession implements AutoCloseable {
  private final Database database;
  private @Nullable Connection connection;

  ServiceSession(Database database) {
    this.database = database;
  }

  /**
   * Runs one statement.
   *
   * @throws dev.tokenledger.platform.problem.ProblemException if the database cannot be reached;
   *     whether the statement was committed is then not known
   */
  public <T> T run(Database.Work<T> work) {
    try {
      Connection open = connection == null ? open() : connection;
      connection = open;
      return work.run(open);
    } catch (SQLException e) {
      drop(e);
      throw database.translate(e);
    } catch (RuntimeException e) {
      drop(e);
      throw e;
    }
  }

  private Connection open() throws SQLException {
    Connection opened = database.connect();
    try (PreparedStatement set =
        opened.prepareStatement(
            "SELECT set_config(?, ?, false), set_config('plan_cache_mode', ?, false)")) {
      opened.setAutoCommit(true);
      set.setString(1, Database.TENANT_SETTING);
      set.setString(2, Database.ALL_TENANTS);
      // Planning the same statement again would cost more than running it.
      set.setString(3, "force_generic_plan");
      set.execute();
      return opened;
    } catch (SQLException e) {
      opened.close();
      throw e;
    }
  }

  private void drop(Exception because) {
    try {
      close();
    } catch (RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  /** Gives the connection back as it was. */
  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open == null) {
      return;
    }
    try (open;
        Statement reset = open.createStatement()) {
      reset.execute("RESET " + Database.TENANT_SETTING);
      reset.execute("RESET plan_cache_mode");
    } catch (SQLException e) {
      throw database.translate(e);
    }
  }
}
