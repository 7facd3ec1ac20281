package dev.tokenledger.testsupport;

import dev.tokenledger.platform.PlatformConfig;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.Migrations;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database of one test class in a real Postgres that runs as long as the tests' JVM. What a
 * service sees of it is what it sees in production: its schema as it migrates it, its own role.
 */
public final class TestDatabase {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static final String OWNER = "postgres";

  private final String url;
  private final PlatformConfig config;
  private final Databases databases;

  private TestDatabase(String url) {
    this.url = url;
    this.config =
        new SmallRyeConfigBuilder()
            .withMapping(PlatformConfig.class)
            .withConverter(Duration.class, 200, new DurationConverter())
            .withDefaultValue("tokenledger.database.url", url)
            .withDefaultValue("tokenledger.database.owner-username", OWNER)
            .withDefaultValue("tokenledger.database.owner-password", OWNER)
            .build()
            .getConfigMapping(PlatformConfig.class);
    this.databases = new Databases(config);
  }

  /** Started once, stopped with the JVM. */
  private static final class Server {
    private static final EmbeddedPostgres POSTGRES = start();

    private static EmbeddedPostgres start() {
      try {
        // The library's own folder belongs to whoever was first on the machine.
        Path binaries =
            Path.of(
                System.getProperty("java.io.tmpdir"),
                "tokenledger-tests-" + System.getProperty("user.name"));
        return EmbeddedPostgres.builder()
            .setOverrideWorkingDirectory(binaries.toFile())
            .setServerConfig("fsync", "off")
            .setServerConfig("timezone", "UTC")
            .setServerConfig("max_connections", "100")
            .start();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot start Postgres for tests", e);
      }
    }
  }

  /** An empty database. */
  public static TestDatabase create() throws SQLException {
    String name = "test_" + NUMBER.incrementAndGet();
    try (Connection connection =
            DriverManager.getConnection(Server.POSTGRES.getJdbcUrl(OWNER, OWNER));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return new TestDatabase(
        "jdbc:postgresql://localhost:" + Server.POSTGRES.getPort() + "/" + name);
  }

  /** What a service is configured with to use this database. */
  public PlatformConfig config() {
    return config;
  }

  /** Opens pools in this database under the services' roles. */
  public Databases databases() {
    return databases;
  }

  public Migrations migrations() {
    return new Migrations(config, databases);
  }

  /** A connection that sees and may do everything. */
  public Connection asOwner() throws SQLException {
    return DriverManager.getConnection(url, OWNER, OWNER);
  }
}
