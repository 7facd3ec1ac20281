package dev.tokenledger.ingest;

import dev.tokenledger.ingest.key.KeyStore;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.ApiKey;
import dev.tokenledger.platform.identity.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** Makes the first tenant with its project and, where asked for, a file with its first keys. */
final class FirstTenant {
  private static final Logger LOG = Logger.getLogger(FirstTenant.class);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final String ACTOR = "bootstrap";
  private static final String PROJECT = "default";

  private final Database database;
  private final KeyStore keys = new KeyStore();

  FirstTenant(Database database) {
    this.database = database;
  }

  /**
   * Makes what is missing. The keys are written before they are committed: a crash leaves a file
   * with keys that nobody knows, which the next start replaces, never keys that nobody can read.
   *
   * @param file where the keys go; a file that is there is left alone
   */
  void ensure(String tenant, Optional<Path> file) {
    database.asService(
        connection -> {
          int tenantId = ensureTenant(connection, tenant);
          boolean noKeys = keys.list(connection, tenantId, 1, null).isEmpty();
          if (file.isPresent() && (noKeys || !Files.exists(file.get()))) {
            issue(connection, tenantId, file.get());
          }
          return null;
        });
  }

  private static int ensureTenant(Connection connection, String tenant) throws SQLException {
    // Several processes may start at once.
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT pg_advisory_xact_lock(730580, 3)")) {
      lock.execute();
    }
    try (PreparedStatement select =
        connection.prepareStatement("SELECT tenant_id FROM admission.tenants WHERE name = ?")) {
      select.setString(1, tenant);
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          return row.getInt(1);
        }
      }
    }
    int tenantId;
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.tenants (name) VALUES (?) RETURNING tenant_id")) {
      insert.setString(1, tenant);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        tenantId = row.getInt(1);
      }
    }
    byte[] pseudonymKey = new byte[32];
    new SecureRandom().nextBytes(pseudonymKey);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.privacy (tenant_id, pseudonym_key) VALUES (?, ?)")) {
      insert.setInt(1, tenantId);
      insert.setBytes(2, pseudonymKey);
      insert.execute();
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.projects (tenant_id, name) VALUES (?, ?)")) {
      insert.setInt(1, tenantId);
      insert.setString(2, PROJECT);
      insert.execute();
    }
    return tenantId;
  }

  private void issue(Connection connection, int tenantId, Path file) throws SQLException {
    ApiKey.Issued admin = ApiKey.issueBearer();
    ApiKey.Issued ingest = ApiKey.issueBearer();
    ApiKey.Issued pair = ApiKey.issuePair();
    keys.insert(
        connection,
        tenantId,
        admin,
        null,
        "bootstrap admin",
        Set.of(Scope.ADMIN),
        false,
        ACTOR,
        null);
    keys.insert(
        connection,
        tenantId,
        ingest,
        PROJECT,
        "bootstrap ingest",
        Set.of(Scope.INGEST),
        false,
        ACTOR,
        null);
    keys.insert(
        connection,
        tenantId,
        pair,
        PROJECT,
        "bootstrap Langfuse",
        Set.of(Scope.INGEST),
        true,
        ACTOR,
        null);
    write(
        file,
        List.of(
            "# The first keys. Whoever can read this file can administer TokenLedger.",
            "TOKENLEDGER_ADMIN_KEY=" + admin.credential(),
            "TOKENLEDGER_INGEST_KEY=" + ingest.credential(),
            "TOKENLEDGER_LANGFUSE_PUBLIC_KEY=" + pair.keyId(),
            "TOKENLEDGER_LANGFUSE_SECRET_KEY=" + pair.credential()));
    LOG.infof("the first keys are in %s", file);
  }

  /** Writes a file that nobody else can read at any moment, whole or not at all. */
  private static void write(Path file, List<String> lines) {
    try {
      Path parent = file.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      Path temporary =
          Files.createTempFile(
              parent, "bootstrap", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      Files.write(temporary, lines);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the first keys to " + file, e);
    }
  }
}
