package dev.tokenledger.standalone;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Postgres in the data directory, durable and with a password from its first moment, on a port of
 * the loopback address that stays the same while this process runs.
 */
final class EmbeddedDatabase implements EmbeddedStore {
  static final String OWNER = "postgres";
  private static final Logger LOG = Logger.getLogger(EmbeddedDatabase.class);
  private static final Duration STARTUP = Duration.ofSeconds(60);

  /** How long reading the log again may take after a crash, while it goes on. */
  private static final Duration RECOVERY = Duration.ofMinutes(10);

  private static final Duration BACKENDS_END = Duration.ofSeconds(10);
  private static final long LOOK_EVERY_MILLIS = 50;
  private static final long STOP_SECONDS = 20;
  private static final long MAKE_SECONDS = 120;
  private static final String ANSWER_SECONDS = "3";

  /** {@code cannot_connect_now}: it starts, recovers or stops. */
  private static final String NOT_NOW = "57P03";

  /** Only who has the password gets in, from this machine too. */
  private static final List<String> ACCESS =
      List.of(
          "local all all scram-sha-256",
          "host all all 127.0.0.1/32 scram-sha-256",
          "host all all ::1/128 scram-sha-256");

  private static final Map<String, String> SETTINGS = settings();

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("unix_socket_directories", "");
    settings.put("fsync", "on");
    settings.put("synchronous_commit", "on");
    settings.put("full_page_writes", "on");
    settings.put("max_connections", "80");
    // A batch that is settled locks each trace and each partition that it touches.
    settings.put("max_locks_per_transaction", "256");
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
  private final Path unfinished;
  private final Path pidFile;
  private final Path log;
  private final PostgresPrograms programs;
  private final String password;
  private final int port;
  private @Nullable Process process;

  EmbeddedDatabase(DataDirectory directory) throws IOException {
    this.files = directory.resolve("postgres");
    this.unfinished = directory.resolve("postgres.new");
    this.pidFile = files.resolve("postmaster.pid");
    this.log = directory.resolve("postgres.log");
    this.programs = new PostgresPrograms(directory.resolve("postgres-binaries"));
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
    Orphan.stop(pidFile, "postgres");
    awaitBackends();
    Files.deleteIfExists(pidFile);
    OwnerOnly.file(log);
    setAsideHalfMade();
    if (!Files.exists(files)) {
      make();
    }
    requirePassword();
    List<String> command = programs.command("postgres");
    command.addAll(List.of("-D", files.toString(), "-p", Integer.toString(port)));
    SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    Process started =
        OwnSession.of(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    awaitReady(started);
  }

  /**
   * Waits for the sessions of a server that was killed: until the last has noticed, a new server
   * must not touch the files. They are known by where their program lies, in this data directory.
   */
  private void awaitBackends() throws IOException {
    long end = System.nanoTime() + BACKENDS_END.toNanos();
    for (List<ProcessHandle> left = programs.processes();
        !left.isEmpty();
        left = programs.processes()) {
      if (System.nanoTime() > end) {
        left.forEach(ProcessHandle::destroyForcibly);
      }
      pause();
    }
  }

  /**
   * Earlier versions made the cluster in its place. Where they were killed meanwhile there is no
   * database yet that could hold anything, and Postgres would neither start on it nor make another.
   */
  private void setAsideHalfMade() throws IOException {
    if (Files.exists(files)
        && (!Files.exists(files.resolve("PG_VERSION"))
            || !Files.exists(files.resolve("global/pg_control"))
            || !Files.exists(files.resolve("base/5/PG_VERSION")))) {
      Path aside = files.resolveSibling("postgres.incomplete");
      OwnerOnly.delete(aside);
      Files.move(files, aside);
      LOG.warnf("%s was never completed; it is now %s, and another is made", files, aside);
    }
  }

  /** Makes the cluster beside its place, with the password; it comes there when it is complete. */
  private void make() throws IOException {
    OwnerOnly.delete(unfinished);
    Path passwordFile = Files.createTempFile(files.getParent(), "password", "");
    try {
      Files.writeString(passwordFile, password + "\n");
      List<String> command = programs.command("initdb");
      command.addAll(
          List.of(
              "-D",
              unfinished.toString(),
              "-U",
              OWNER,
              "-E",
              "UTF-8",
              "--auth=scram-sha-256",
              "--pwfile=" + passwordFile));
      run(command, "", "initdb");
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.move(unfinished, files, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Where an earlier version was killed at its first start, everybody on the machine is trusted and
   * there is no password. Put right before the server listens.
   */
  private void requirePassword() throws IOException {
    Path access = files.resolve("pg_hba.conf");
    boolean trusts =
        Files.readAllLines(access).stream()
            .map(String::strip)
            .anyMatch(line -> !line.startsWith("#") && line.endsWith("trust"));
    if (!trusts) {
      return;
    }
    List<String> command = programs.command("postgres");
    command.addAll(List.of("--single", "-D", files.toString(), "postgres"));
    // One statement a line; the password is hexadecimal.
    run(
        command,
        "ALTER USER " + OWNER + " PASSWORD '" + password + "'\n",
        "setting the password of Postgres");
    Path written = OwnerOnly.file(files.resolveSibling("pg_hba.conf.new"));
    Files.write(written, ACCESS);
    Files.move(written, access, StandardCopyOption.ATOMIC_MOVE);
    LOG.warn("the database trusted every user of this machine; it asks for its password now");
  }

  private void run(List<String> command, String input, String what) throws IOException {
    Process running =
        OwnSession.of(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      try (var in = running.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.US_ASCII));
      }
      if (!running.waitFor(MAKE_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly();
        throw new IOException(what + " takes longer than " + MAKE_SECONDS + " s; see " + log);
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Postgres starts", e);
    }
    if (running.exitValue() != 0) {
      throw new IOException(what + " failed; " + log + " has the reason");
    }
  }

  private void awaitReady(Process started) throws IOException {
    long begun = System.nanoTime();
    for (String state = state(); !state.isEmpty(); state = state()) {
      if (!started.isAlive()) {
        throw new IOException("Postgres ended at its start; " + log + " has the reason");
      }
      Duration patience = state.equals(NOT_NOW) && isRecovering() ? RECOVERY : STARTUP;
      if (System.nanoTime() - begun > patience.toNanos()) {
        started.destroyForcibly();
        throw new IOException(
            "Postgres is not ready within " + patience.toSeconds() + " s; " + log + " may say why");
      }
      pause();
    }
  }

  /** Connects: empty when that went well, else the SQLSTATE of what was answered. */
  private String state() {
    Properties login = new Properties();
    login.setProperty("user", OWNER);
    login.setProperty("password", password);
    login.setProperty("connectTimeout", ANSWER_SECONDS);
    login.setProperty("socketTimeout", ANSWER_SECONDS);
    login.setProperty("loginTimeout", ANSWER_SECONDS);
    try (Connection connection = DriverManager.getConnection(url(), login)) {
      return connection.isValid(1) ? "" : "08006";
    } catch (SQLException e) {
      return e.getSQLState() == null ? "08001" : e.getSQLState();
    }
  }

  /** Whether the process that reads the log again is at work; the server waits for it alone. */
  private boolean isRecovering() {
    return PidFile.process(pidFile).stream()
        .flatMap(ProcessHandle::children)
        .anyMatch(child -> title(child).startsWith("postgres: startup"));
  }

  /** What a process of Postgres writes in the place of its arguments. */
  private static String title(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // It has ended.
      return "";
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Postgres starts", e);
    }
  }

  @Override
  public boolean isAlive() {
    return PidFile.process(pidFile).isPresent();
  }

  @Override
  public boolean answers() {
    String state = state();
    return state.equals(NOT_NOW) ? isRecovering() : !state.startsWith("08");
  }

  /** Fast: sessions end at once, and what is committed is written. */
  @Override
  public void stop() {
    Process server = process;
    process = null;
    if (server == null || !server.isAlive()) {
      return;
    }
    try {
      List<String> command = programs.command("pg_ctl");
      command.addAll(List.of("stop", "-D", files.toString(), "-m", "fast", "-w"));
      Process asked =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      if (!server.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        asked.destroyForcibly();
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
