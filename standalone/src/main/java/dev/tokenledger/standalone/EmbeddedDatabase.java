package dev.tokenledger.standalone;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Postgres in the data directory, durable and with a password, on a port of the loopback address
 * that stays the same while this process runs.
 */
final class EmbeddedDatabase implements EmbeddedStore {
  static final String OWNER = "postgres";
  private static final Duration STARTUP = Duration.ofSeconds(60);
  private static final Duration BACKENDS_END = Duration.ofSeconds(10);
  private static final long LOOK_EVERY_MILLIS = 50;
  private static final long STOP_SECONDS = 20;

  /** The library's mark in a folder of binaries that is complete. */
  private static final String UNPACKED = ".exists";

  private static final Map<String, String> SETTINGS = settings();

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("fsync", "on");
    settings.put("synchronous_commit", "on");
    settings.put("full_page_writes", "on");
    settings.put("max_connections", "60");
    settings.put("shared_buffers", sharedMebibytes() + "MB");
    settings.put("bgwriter_delay", "50ms");
    settings.put("bgwriter_lru_maxpages", "1000");
    // A new file of the log, every few seconds until the first of them are used again, would else
    // be filled with zeros first, while everybody who commits waits for tens of milliseconds.
    settings.put("wal_init_zero", "off");
    settings.put("max_wal_size", "3GB");
    settings.put("checkpoint_timeout", "15min");
    settings.put("autovacuum_vacuum_insert_scale_factor", "0.5");
    settings.put("jit", "off");
    settings.put("timezone", "UTC");
    return settings;
  }

  /**
   * A thirty-second part of the machine's memory, within bounds: the index of the identities that
   * are new should fit, with room for the rows of the day.
   */
  private static long sharedMebibytes() {
    long memory =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean machine
            ? machine.getTotalMemorySize()
            : 0;
    return Math.max(128, Math.min(1_024, memory / 32 / (1 << 20)));
  }

  private final Path files;
  private final Path binaries;
  private final Path log;
  private final String password;
  private final int port;
  private @Nullable EmbeddedPostgres postgres;
  private @Nullable Process restarted;
  private boolean started;

  EmbeddedDatabase(DataDirectory directory) throws IOException {
    this.files = directory.resolve("postgres");
    this.binaries = directory.resolve("postgres-binaries");
    this.log = directory.resolve("postgres.log");
    this.password = directory.secret("postgres");
    this.port = FreePort.find();
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
    awaitBackends();
    Files.deleteIfExists(pidFile);
    if (started) {
      startAgain();
      return;
    }
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
            .setErrorRedirector(appendTo(log));
    SETTINGS.forEach(builder::setServerConfig);
    if (!fresh) {
      builder.setConnectConfig("password", password);
    }
    postgres = builder.start();
    if (fresh) {
      requirePassword();
    }
    started = true;
  }

  /**
   * Waits for the sessions of a server that was killed: until the last has noticed, a new server
   * must not touch the files. They are known by where their program lies, in this data directory.
   */
  private void awaitBackends() throws IOException {
    long end = System.nanoTime() + BACKENDS_END.toNanos();
    for (List<ProcessHandle> left = backends(); !left.isEmpty(); left = backends()) {
      if (System.nanoTime() > end) {
        left.forEach(ProcessHandle::destroyForcibly);
      }
      pause();
    }
  }

  private List<ProcessHandle> backends() {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().command().map(c -> c.startsWith(binaries + "/")).orElse(false))
        .toList();
  }

  /**
   * Starts a server that has died while this process runs. Not by the library: where its start
   * fails, it keeps a lock that only the end of the process would release.
   */
  private void startAgain() throws IOException {
    List<String> command = program("postgres");
    command.addAll(List.of("-D", files.toString(), "-p", Integer.toString(port)));
    SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    Process process =
        OwnSession.of(command).redirectErrorStream(true).redirectOutput(appendTo(log)).start();
    restarted = process;
    long end = System.nanoTime() + STARTUP.toNanos();
    while (!answers()) {
      if (!process.isAlive()) {
        throw new IOException("Postgres ended at its start; " + log + " has the reason");
      }
      if (System.nanoTime() > end) {
        process.destroyForcibly();
        throw new IOException("Postgres is not ready within " + STARTUP.toSeconds() + " s");
      }
      pause();
    }
  }

  private boolean answers() {
    try (Connection connection = DriverManager.getConnection(url(), OWNER, password)) {
      return connection.isValid(1);
    } catch (SQLException e) {
      // It does not listen yet, or recovers.
      return false;
    }
  }

  /**
   * The beginning of a command line: Postgres does not run as root, but in a name space of users.
   */
  private List<String> program(String name) throws IOException {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("unshare", "-U"));
    }
    try (Stream<Path> versions = Files.list(binaries)) {
      command.add(
          versions
              .map(version -> version.resolve("bin").resolve(name))
              .filter(Files::isExecutable)
              .max(Comparator.comparing(program -> program.toFile().lastModified()))
              .orElseThrow(() -> new IOException("there is no " + name + " in " + binaries))
              .toString());
    }
    return command;
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Postgres starts", e);
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
    Process again = restarted;
    restarted = null;
    if (again != null && again.isAlive()) {
      stop(again);
    }
  }

  /** Fast: sessions end at once, and what is committed is written. */
  private void stop(Process server) {
    try {
      List<String> command = program("pg_ctl");
      command.addAll(List.of("stop", "-D", files.toString(), "-m", "fast", "-w"));
      new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(appendTo(log))
          .start()
          .waitFor(STOP_SECONDS, TimeUnit.SECONDS);
      if (!server.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        server.destroyForcibly();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("cannot stop the embedded Postgres", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      server.destroyForcibly();
    }
  }
}
