package dev.tokenledger.platform.database;

import dev.tokenledger.platform.PlatformConfig;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalPoolInterceptor;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jboss.logging.Logger;
import org.postgresql.Driver;

/**
 * Opens the pools of the services' roles and closes them at shutdown. Opening does not connect: a
 * database that is away at start is found when it is first used.
 */
@ApplicationScoped
public class Databases {
  private static final Logger LOG = Logger.getLogger(Databases.class);

  private final PlatformConfig.Database config;
  private final List<Database> open = new CopyOnWriteArrayList<>();

  /** Every connection of every pool, in use or not, as the driver has it. */
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

  private volatile boolean away;

  public Databases(PlatformConfig config) {
    this.config = config.database();
  }

  /**
   * @param maxConnections bound of the pool; a caller waits for a free connection no longer than
   *     the acquisition timeout
   */
  public Database open(ServiceRole role, int maxConnections) {
    AgroalDataSource pool = pool(role, maxConnections);
    pool.setPoolInterceptors(List.of(new Registration()));
    Database database = new Database(pool, role, () -> away);
    open.add(database);
    return database;
  }

  /** Notes connections, so that those which hang can be ended from outside. */
  private final class Registration implements AgroalPoolInterceptor {
    @Override
    public void onConnectionCreate(Connection connection) {
      connections.add(connection);
    }

    @Override
    public void onConnectionDestroy(Connection connection) {
      connections.remove(connection);
    }
  }

  /**
   * @param now whether the database gives no answer: as long as it does not, work fails at once
   *     instead of waiting for it
   */
  void away(boolean now) {
    away = now;
  }

  /** Ends what waits for an answer of the database: each fails as if the connection had broken. */
  void abort() {
    for (Connection connection : connections) {
      try {
        connection.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debugf(e, "ending a connection that hangs");
      }
    }
  }

  private AgroalDataSource pool(ServiceRole role, int maxConnections) {
    AgroalDataSourceConfigurationSupplier supplier =
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                pool ->
                    pool.maxSize(maxConnections)
                        .acquisitionTimeout(config.acquisitionTimeout())
                        .idleValidationTimeout(Duration.ofSeconds(5))
                        .connectionValidator(
                            io.agroal.api.configuration.AgroalConnectionPoolConfiguration
                                .ConnectionValidator.defaultValidator())
                        // Without it a connection that has broken goes back into the pool.
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .reapTimeout(Duration.ofMinutes(5))
                        .connectionFactoryConfiguration(
                            factory ->
                                factory
                                    .jdbcUrl(config.url())
                                    .connectionProviderClass(Driver.class)
                                    .principal(new NamePrincipal(role.roleName()))
                                    .credential(new SimplePassword(password(role)))
                                    .jdbcProperty("ApplicationName", role.roleName())
                                    .jdbcProperty("connectTimeout", "3")
                                    .jdbcProperty("loginTimeout", "5")
                                    .jdbcProperty("socketTimeout", socketTimeout(role))
                                    .jdbcProperty("tcpKeepAlive", "true")
                                    .jdbcProperty("reWriteBatchedInserts", "true")
                                    .jdbcProperty(
                                        "options",
                                        "-c statement_timeout="
                                            + statementTimeout(role).toMillis()
                                            + " -c timezone=UTC"
                                            + role.settings())));
    try {
      return AgroalDataSource.from(supplier);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot set up the pool of role " + role.label(), e);
    }
  }

  private Duration statementTimeout(ServiceRole role) {
    Duration longest = config.statementTimeout();
    return role.longestStatement().filter(own -> own.compareTo(longest) < 0).orElse(longest);
  }

  /**
   * After this the connection is given up, in seconds: the server would have ended the statement
   * before, if it were alive. Statements of the settlement may set themselves more time.
   */
  private String socketTimeout(ServiceRole role) {
    long seconds = statementTimeout(role).toSeconds() + ServiceRole.SLACK.toSeconds();
    return Long.toString(role == ServiceRole.AGGREGATION ? Math.max(seconds, 300) : seconds);
  }

  /** The role's password: the one configured, or one derived from the owner's. */
  String password(ServiceRole role) {
    Map<String, String> configured = config.rolePasswords();
    String password = configured.get(role.label());
    return password != null ? password : derive(config.ownerPassword(), role);
  }

  private static String derive(String secret, ServiceRole role) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of()
          .formatHex(mac.doFinal(role.roleName().getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is missing from this Java runtime", e);
    }
  }

  @PreDestroy
  void close() {
    open.forEach(Database::close);
  }
}
