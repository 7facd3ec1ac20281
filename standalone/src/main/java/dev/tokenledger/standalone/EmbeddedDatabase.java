package dev.tokenledger.standalone;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Postgres in the data directory, durable and with a password, on a port of the loopback address
 * that stays the same while this process runs.
 */
final class EmbeddedDatabase implements EmbeddedStore {
  static final String OWNER = "postgres";
  private static final Duration STARTUP = Duration.ofSeconds(60);

  /** The library's mark in a folder of binaries that is complete. */
  private static final String UNPACKED = ".exists";

  private final Path files;
  private final Path binaries;
  private final Path log;
  private final String password;
  private final int port;
  private @Nullable EmbeddedPostgres postgres;

  EmbeddedDatabase(DataDirectory directory) throws IOException {
    this.files = directory.resolve("postgres");
    this.binaries = directory.resolve("postgres-binaries");
    this.log = directory.resolve("postgres.log");
    this.password = directory.secret("postgres");
    try (ServerSocket free = new ServerSocket(0)) {
      this.port = free.getLocalPort();
    }
  }

  @Override
  public String name() {
    return "Postgres";
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  @Override
  public void start() throws IOException {
    Path pidFile = files.resolve("postmaster.pid");
    Orphan.stop(pidFile, "postgres");
    Files.deleteIfExists(pidFile);
    removeHalfUnpacked();
    boolean fresh = !Files.exists(files.resolve("PG_VERSION"));
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setPort(port)
            .setDataDirectory(files)
            .setCleanDataDirectory(false)
            .setOverrideWorkingDirectory(binaries.toFile())
            .setRegisterShutdownHook(false)
            .setPGStartupWait(STARTUP)
            .setOutputRedirector(appendTo(log))
            .setErrorRedirector(appendTo(log))
            .setServerConfig("listen_addresses", "127.0.0.1")
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("full_page_writes", "on")
            .setServerConfig("max_connections", "60")
            // The index of the identities that are new, with room for the rows of the day.
            .setServerConfig("shared_buffers", "256MB")
            .setServerConfig("bgwriter_delay", "50ms")
            .setServerConfig("bgwriter_lru_maxpages", "1000")
            .setServerConfig("wal_compression", "on")
            .setServerConfig("max_wal_size", "3GB")
            .setServerConfig("checkpoint_timeout", "15min")
            .setServerConfig("autovacuum_vacuum_insert_scale_factor", "0.5")
            .setServerConfig("jit", "off")
            .setServerConfig("timezone", "UTC");
    if (!fresh) {
      builder.setConnectConfig("password", password);
    }
    postgres = builder.start();
    if (fresh) {
      requirePassword();
    }
  }

  /**
   * Whoever was killed while it unpacked the binaries for the first time has left a part of them,
   * without the mark that is set at the end and on which unpacking anew would stumble.
   */
  private void removeHalfUnpacked() throws IOException {
    if (!Files.exists(binaries)) {
      return;
    }
    try (Stream<Path> versions = Files.list(binaries)) {
      for (Path version : versions.filter(Files::isDirectory).toList()) {
        if (!Files.exists(version.resolve(UNPACKED))) {
          try (Stream<Path> tree = Files.walk(version)) {
            for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
              Files.delete(file);
            }
          }
        }
      }
    }
  }

  private static ProcessBuilder.Redirect appendTo(Path log) {
    File file = log.toFile();
    return ProcessBuilder.Redirect.appendTo(file);
  }

  /** A new cluster trusts everybody on the machine; from here on it asks for the password. */
  private void requirePassword() throws IOException {
    try (Connection connection = DriverManager.getConnection(url(), OWNER, "");
        Statement statement = connection.createStatement()) {
      statement.execute("SET password_encryption = 'scram-sha-256'");
      statement.execute("ALTER USER " + OWNER + " PASSWORD '" + password + "'");
      Files.write(
          files.resolve("pg_hba.conf"),
          List.of(
              "local all all scram-sha-256",
              "host all all 127.0.0.1/32 scram-sha-256",
              "host all all ::1/128 scram-sha-256"));
      statement.execute("SELECT pg_reload_conf()");
    } catch (SQLException e) {
      throw new IOException("cannot set the password of the embedded Postgres", e);
    }
  }

  @Override
  public boolean isAlive() {
    try {
      Path pidFile = files.resolve("postmaster.pid");
      if (!Files.exists(pidFile)) {
        return false;
      }
      Optional<String> pid = Files.readAllLines(pidFile).stream().findFirst();
      return pid.isPresent()
          && ProcessHandle.of(Long.parseLong(pid.get().strip()))
              .map(ProcessHandle::isAlive)
              .orElse(false);
    } catch (IOException | NumberFormatException e) {
      // The file is being written or removed; the next look tells.
      return true;
    }
  }

  @Override
  public void stop() {
    EmbeddedPostgres running = postgres;
    postgres = null;
    if (running != null) {
      try {
        running.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException("cannot stop the embedded Postgres", e);
      }
    }
  }
}
