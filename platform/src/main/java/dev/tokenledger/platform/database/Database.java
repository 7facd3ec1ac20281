package dev.tokenledger.platform.database;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A pool of connections of one {@link ServiceRole}. Calls block: they belong on worker threads.
 *
 * <p>Work runs in a transaction, committed when it returns and rolled back when it throws. A
 * database that cannot be reached, or runs and gives no answer, ends in a {@link ProblemException}
 * with {@link ProblemCode#STORE_UNAVAILABLE}; one that has too much to do for this work, and a pool
 * without a free connection, in one with {@link ProblemCode#BUSY}. Any other {@link SQLException}
 * is a mistake of ours and comes out as an {@link IllegalStateException} with its cause.
 */
public final class Database implements AutoCloseable {
  /** The setting that row-level security reads the tenant from. */
  static final String TENANT_SETTING = "tokenledger.tenant_id";

  /** In place of a tenant, for loops that serve all of them; only some policies know it. */
  static final String ALL_TENANTS = "*";

  /** {@code connection_failure}. */
  private static final String NO_ANSWER = "08006";

  /** A state of ours; those of Postgres never begin so. */
  private static final String POOL_EXHAUSTED = "TL001";

  private final AgroalDataSource pool;
  private final ServiceRole role;
  private final BooleanSupplier away;

  /**
   * @param away whether the database gives no answer, so that nobody is to wait for it
   */
  Database(AgroalDataSource pool, ServiceRole role, BooleanSupplier away) {
    this.pool = pool;
    this.role = role;
    this.away = away;
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
    if (away.getAsBoolean()) {
      throw new SQLException("the database gives no answer", NO_ANSWER);
    }
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      if (e.getSQLState() == null && e.getCause() == null) {
        // The pool's own; its failures to make a connection have a cause.
        throw new SQLException(
            "all connections of role " + role.label() + " are in use", POOL_EXHAUSTED, e);
      }
      throw e;
    }
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
    try (Connection connection = connect()) {
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
    String state = String.valueOf(e.getSQLState());
    return switch (state) {
      case POOL_EXHAUSTED, "53300" ->
          retryable(
              ProblemCode.BUSY, "All connections to the database are in use. Try again later.", e);
      case "55P03" ->
          retryable(
              ProblemCode.BUSY,
              "Somebody else is changing the same at this moment. Try again in a moment.",
              e);
      case "57014" ->
          retryable(
              ProblemCode.BUSY,
              "The database did not finish this in time. Ask for less, or try again in a moment.",
              e);
      case "53100" ->
          retryable(
              ProblemCode.STORE_UNAVAILABLE,
              "The disk of the database is full. Make room; it goes on by itself then.",
              e);
      default ->
          isUnavailable(e)
              ? retryable(
                  ProblemCode.STORE_UNAVAILABLE,
                  "The database cannot be reached. Try again in a moment.",
                  e)
              : new IllegalStateException("statement of role " + role.label() + " failed", e);
    };
  }

  private static ProblemException retryable(ProblemCode code, String detail, SQLException cause) {
    return ProblemException.retryable(code, detail, Duration.ofSeconds(2), cause);
  }

  /**
   * Whether the failure is one of the database's availability (connection lost, shutting down, out
   * of connections or disk, cancelled) and not of the statement or its data. A transaction that
   * needs more locks or memory than there are fails again however long one waits.
   */
  public static boolean isUnavailable(SQLException e) {
    String state = e.getSQLState();
    return isAway(e) || state.startsWith("53") && !state.equals("53200") || state.startsWith("57");
  }

  /**
   * Whether the database cannot be used at all: the connection was lost or refused, it shuts down,
   * or its disk is full. Unlike with what {@link #isUnavailable} knows besides, a smaller statement
   * would fare no better.
   */
  public static boolean isAway(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.equals(POOL_EXHAUSTED)
        // The driver's own, of a connection that was ended under it.
        || state.equals("99999")
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
