package dev.tokenledger.platform.database;

import dev.tokenledger.platform.PlatformConfig;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.postgresql.Driver;

/**
 * Opens the pools of the services' roles and closes them at shutdown. Opening does not connect: a
 * database that is away at start is found when it is first used.
 */
@ApplicationScoped
public class Databases {
  private final PlatformConfig.Database config;
  private final List<Database> open = new CopyOnWriteArrayList<>();

  public Databases(PlatformConfig config) {
    this.config = config.database();
  }

  /**
   * @param maxConnections bound of the pool; a caller waits for a free connection no longer than
   *     the acquisition timeout
   */
  public Database open(ServiceRole role, int maxConnections) {
    Database database = new Database(pool(role, maxConnections), role);
    open.add(database);
    return database;
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
                                    .jdbcProperty("tcpKeepAlive", "true")
                                    .jdbcProperty("reWriteBatchedInserts", "true")
                                    .jdbcProperty(
                                        "options",
                                        "-c statement_timeout="
                                            + config.statementTimeout().toMillis()
                                            + " -c timezone=UTC"
                                            + role.settings())));
    try {
      return AgroalDataSource.from(supplier);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot set up the pool of role " + role.label(), e);
    }
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
