package dev.tokenledger.platform.database;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * A pool of connections of one {@link ServiceRole}. Calls block: they belong on worker threads.
 *
 * <p>Work runs in a transaction, committed when it returns and rolled back when it throws. A
 * database that cannot be reached ends in a {@link ProblemException} with {@link
 * ProblemCode#STORE_UNAVAILABLE}; any other {@link SQLException} is a mistake of ours and comes out
 * as an {@link IllegalStateException} with its cause.
 */
public final class Database implements AutoCloseable {
  /** The setting that row-level security reads the tenant from. */
  static final String TENANT_SETTING = "tokenledger.tenant_id";

  /** In place of a tenant, for loops that serve all of them; only some policies know it. */
  static final String ALL_TENANTS = "*";

  private final AgroalDataSource pool;
  private final ServiceRole role;

  Database(AgroalDataSource pool, ServiceRole role) {
    this.pool = pool;
    this.role = role;
  }

  /** Work with a connection, which must neither be closed nor kept. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Work that commits what it has done, with a connection that must neither be closed nor kept. */
  @FunctionalInterface
  public interface Portions {
    void run(Connection connection) throws SQLException;
  }

  /** Runs work that sees the rows of one tenant alone. */
  public <T> T asTenant(int tenantId, Work<T> work) {
    return inTransaction(Integer.toString(tenantId), "", work);
  }

  /**
   * Runs work that reads one tenant's rows as they were at a single moment, whatever others commit
   * meanwhile.
   */
  public <T> T snapshotAsTenant(int tenantId, Work<T> work) {
    return inTransaction(
        Integer.toString(tenantId),
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        work);
  }

  /** Runs work on behalf of the service itself, across tenants where the policies allow it. */
  public <T> T asService(Work<T> work) {
    return inTransaction(ALL_TENANTS, "", work);
  }

  /**
   * A connection for a long-lived worker that minds its own transactions and failures.
   *
   * @throws SQLException if none can be had
   */
  public Connection connect() throws SQLException {
    return pool.getConnection();
  }

  /**
   * Runs work that commits by itself, portion by portion; what it has begun and not committed is
   * rolled back.
   */
  public void inPortions(Portions work) {
    onConnection(
        connection -> {
          work.run(connection);
          connection.rollback();
          return true;
        });
  }

  /** A connection for many small statements on behalf of the service itself. */
  public ServiceSession session() {
    return new ServiceSession(this);
  }

  private <T> T inTransaction(String tenant, String mode, Work<T> work) {
    return onConnection(
        connection -> {
          if (!mode.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
              statement.execute(mode);
            }
          }
          setTenant(connection, tenant);
          T result = work.run(connection);
          connection.commit();
          return result;
        });
  }

  private <T> T onConnection(Work<T> work) {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      try {
        return work.run(connection);
      } catch (SQLException | RuntimeException e) {
        rollback(connection, e);
        throw e;
      }
    } catch (SQLException e) {
      throw translate(e);
    }
  }

  private static void setTenant(Connection connection, String tenant) throws SQLException {
    try (PreparedStatement set = connection.prepareStatement("SELECT set_config(?, ?, true)")) {
      set.setString(1, TENANT_SETTING);
      set.setString(2, tenant);
      set.execute();
    }
  }

  private static void rollback(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  RuntimeException translate(SQLException e) {
    if (isUnavailable(e)) {
      return ProblemException.retryable(
          ProblemCode.STORE_UNAVAILABLE,
          "The database cannot be reached. Try again in a moment.",
          Duration.ofSeconds(2),
          e);
    }
    return new IllegalStateException("statement of role " + role.label() + " failed", e);
  }

  /**
   * Whether the failure is one of the database's availability (connection lost, shutting down, out
   * of connections or space, cancelled) and not of the statement or its data.
   */
  public static boolean isUnavailable(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.startsWith("08")
        || state.startsWith("53")
        || state.startsWith("57")
        || state.startsWith("58");
  }

  /**
   * Whether the database cannot be used at all: the connection was lost or refused, it shuts down,
   * or its disk is full. Unlike with what {@link #isUnavailable} knows besides, a smaller statement
   * would fare no better.
   */
  public static boolean isAway(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("58")
        || state.equals("53100")
        || state.equals("53300");
  }

  /**
   * Whether the same transaction may succeed when it is run again: a serialisation failure or a
   * deadlock.
   */
  public static boolean isTransient(SQLException e) {
    String state = e.getSQLState();
    return state != null && state.startsWith("40");
  }

  @Override
  public void close() {
    pool.close();
  }
}
