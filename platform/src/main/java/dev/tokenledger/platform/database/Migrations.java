package dev.tokenledger.platform.database;

import dev.tokenledger.platform.PlatformConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Brings a service's own schema up to date, connected as the owner. Safe to run from several
 * processes at once: an advisory lock lets one go first and the others find nothing to do.
 */
@ApplicationScoped
public class Migrations {
  /** Any fixed number; the same in all versions, so that old and new wait for each other. */
  private static final long LOCK = 730_580_100L;

  private final PlatformConfig.Database config;
  private final Databases databases;

  public Migrations(PlatformConfig config, Databases databases) {
    this.config = config.database();
    this.databases = databases;
  }

  /**
   * Makes the roles of all services, so that each may grant to the others, and migrates one schema.
   * Role passwords must be configured alike in all processes, or in none.
   *
   * @param schema the schema, which is also the folder {@code db/<schema>} of the scripts
   * @param scripts the names of the scripts in that folder; listed, since a native executable has
   *     no folders to look into
   * @throws SQLException if the database cannot be reached or refuses
   */
  public void migrate(String schema, List<String> scripts) throws SQLException {
    Properties login = new Properties();
    login.setProperty("user", config.ownerUsername());
    login.setProperty("password", config.ownerPassword());
    login.setProperty("connectTimeout", "3");
    try (Connection connection = DriverManager.getConnection(config.url(), login);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(" + LOCK + ")");
      for (ServiceRole role : ServiceRole.values()) {
        ensureRole(statement, role);
        setPassword(statement, role);
      }
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(config.url(), config.ownerUsername(), config.ownerPassword())
          .schemas(schema)
          .defaultSchema(schema)
          .resourceProvider(new Scripts(schema, scripts))
          .javaMigrationClassProvider(List::of)
          .validateMigrationNaming(true)
          .load()
          .migrate();
    }
  }

  private static void ensureRole(Statement statement, ServiceRole role) throws SQLException {
    try (ResultSet found =
        statement.executeQuery(
            "SELECT 1 FROM pg_roles WHERE rolname = '" + role.roleName() + "'")) {
      if (found.next()) {
        return;
      }
    }
    statement.execute("CREATE ROLE " + role.roleName() + " NOSUPERUSER NOCREATEDB NOCREATEROLE");
  }

  private void setPassword(Statement statement, ServiceRole role) throws SQLException {
    // Role names are constants; the password cannot be a parameter of ALTER ROLE, so it is quoted.
    String quoted = databases.password(role).replace("'", "''");
    statement.execute("ALTER ROLE " + role.roleName() + " LOGIN PASSWORD '" + quoted + "'");
  }

  /** The scripts of one schema, read from the class path by name. */
  private record Scripts(String schema, List<String> names) implements ResourceProvider {
    @Override
    public @Nullable LoadableResource getResource(String name) {
      return names.contains(name) ? new Script("db/" + schema + "/" + name) : null;
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
      return names.stream()
          .filter(name -> name.startsWith(prefix))
          .filter(name -> List.of(suffixes).stream().anyMatch(name::endsWith))
          .map(this::getResource)
          .toList();
    }
  }

  private static final class Script extends LoadableResource {
    private final String path;

    Script(String path) {
      this.path = path;
    }

    @Override
    public Reader read() {
      InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream(path);
      if (in == null) {
        throw new IllegalStateException("migration " + path + " is not on the class path");
      }
      return new InputStreamReader(in, StandardCharsets.UTF_8);
    }

    @Override
    public String getAbsolutePath() {
      return path;
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return path;
    }

    @Override
    public String getFilename() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public String getRelativePath() {
      return getFilename();
    }
  }
}
