package dev.tokenledger.standalone.product;

import dev.tokenledger.testsupport.NeededProgram;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Postgres and Redis as the distribution has them, started for a test on free ports in a folder of
 * their own. Postgres refuses to run as root; there it runs as its own user. The ledger's owner is
 * no superuser: it may create roles, and owns the database.
 */
final class ExternalStores implements AutoCloseable {
  static final String OWNER = "ledger_owner";
  private static final String SUPERUSER = "super";
  private static final String PASSWORD = "a password of the test";
  private static final String REDIS_PASSWORD = "redis-password-of-the-test";
  private static final String DATABASE = "ledger";
  private static final Path DEBIAN_POSTGRES = Path.of("/usr/lib/postgresql");
  private static final Path DEBIAN_REDIS = Path.of("/usr/bin/redis-server");
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final int postgresPort = JavaApplication.freePort();
  private final int redisPort = JavaApplication.freePort();
  private final Thread atExit = new Thread(this::killAll);
  private @Nullable Process postgres;
  private @Nullable Process redis;

  private ExternalStores() throws IOException {
    // Not below the build: a user without rights must be able to get there.
    folder = Files.createTempDirectory("tokenledger-stores");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  static ExternalStores start() throws Exception {
    ExternalStores stores = new ExternalStores();
    try {
      stores.startRedis();
      stores.startPostgres();
      return stores;
    } catch (Exception | AssertionError e) {
      stores.close();
      throw e;
    }
  }

  String databaseUrl() {
    return "jdbc:postgresql://127.0.0.1:" + postgresPort + "/" + DATABASE;
  }

  String ownerPassword() {
    return PASSWORD;
  }

  String redisUrl() {
    return "redis://:" + REDIS_PASSWORD + "@127.0.0.1:" + redisPort;
  }

  Connection asSuperuser() throws SQLException {
    return DriverManager.getConnection(databaseUrl(), SUPERUSER, PASSWORD);
  }

  RedisReader redis() {
    return new RedisReader(URI.create("redis://127.0.0.1:" + redisPort), REDIS_PASSWORD);
  }

  private void startRedis() throws IOException {
    Path program = NeededProgram.at(DEBIAN_REDIS, "redis-server");
    Path data = Files.createDirectories(folder.resolve("redis"));
    redis =
        start(
            List.of(
                program.toString(),
                "--port " + redisPort,
                "--bind 127.0.0.1",
                "--dir " + data,
                "--requirepass " + REDIS_PASSWORD,
                "--appendonly yes",
                "--appendfsync always",
                "--save \"\"",
                "--maxmemory-policy noeviction"),
            "redis.log");
  }

  private void startPostgres() throws Exception {
    Path programs = postgresPrograms();
    Path data = Files.createDirectory(folder.resolve("postgres"));
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    if (isRoot()) {
      run(List.of("chown", "postgres", data.toString()));
    }
    run(
        asPostgres(
            programs.resolve("initdb").toString(),
            "--pgdata=" + data,
            "--username=" + SUPERUSER,
            "--pwfile=" + password,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8"));
    runPostgres(programs, data);
    Eventually.holds("Postgres accepts connections; see " + folder, START, this::createDatabase);
  }

  private void runPostgres(Path programs, Path data) throws IOException {
    postgres =
        start(
            asPostgres(
                programs.resolve("postgres").toString(),
                "-D",
                data.toString(),
                "-p",
                Integer.toString(postgresPort),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories="),
            "postgres.log");
  }

  /** Ends Redis at once and starts it again on what it has kept, as a service manager would. */
  void killAndStartRedis() throws IOException {
    end(redis);
    startRedis();
  }

  /** As {@link #killAndStartRedis}, for Postgres. */
  void killAndStartPostgres() throws Exception {
    end(postgres);
    Path programs = postgresPrograms();
    Path data = folder.resolve("postgres");
    Eventually.holds(
        "Postgres starts again; see " + folder,
        START,
        () -> {
          // It refuses to, as long as one of its children has not seen that it is gone.
          runPostgres(programs, data);
          return !running(postgres).waitFor(500, TimeUnit.MILLISECONDS);
        });
  }

  private static void end(@Nullable Process store) {
    running(store).destroyForcibly().onExit().join();
  }

  private static Process running(@Nullable Process store) {
    if (store == null) {
      throw new IllegalStateException("the store was not started");
    }
    return store;
  }

  private boolean createDatabase() {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + postgresPort + "/postgres", SUPERUSER, PASSWORD);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE " + OWNER + " LOGIN CREATEROLE PASSWORD '" + PASSWORD + "'");
      statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + OWNER);
      return true;
    } catch (SQLException e) {
      // 08 and 57P03: it does not listen yet, or is still starting.
      if (e.getSQLState() != null
          && (e.getSQLState().startsWith("08") || e.getSQLState().equals("57P03"))) {
        return false;
      }
      throw new AssertionError("the database cannot be made", e);
    }
  }

  private static Path postgresPrograms() throws IOException {
    Optional<Path> newest = Optional.empty();
    if (Files.isDirectory(DEBIAN_POSTGRES)) {
      try (Stream<Path> versions = Files.list(DEBIAN_POSTGRES)) {
        newest =
            versions
                .map(version -> version.resolve("bin"))
                .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                .max(Comparator.naturalOrder());
      }
    }
    return newest.orElseThrow(() -> NeededProgram.missing(DEBIAN_POSTGRES, "postgresql"));
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static List<String> asPostgres(String... command) {
    List<String> whole = new ArrayList<>();
    if (isRoot()) {
      whole.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
    }
    whole.addAll(List.of(command));
    return whole;
  }

  private Process start(List<String> command, String log) throws IOException {
    return builder(command, log).start();
  }

  private void run(List<String> command) throws Exception {
    Process process = builder(command, "setup.log").start();
    if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new AssertionError(
          command + " failed: " + Files.readString(folder.resolve("setup.log")));
    }
  }

  private ProcessBuilder builder(List<String> command, String log) {
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(log).toFile()));
  }

  private void killAll() {
    for (Process store : new Process[] {postgres, redis}) {
      if (store != null && store.isAlive()) {
        // Postgres ends at once and in order on SIGTERM when nobody is connected, as here.
        store.destroy();
        if (!store.onExit().completeOnTimeout(store, 10, TimeUnit.SECONDS).join().isAlive()) {
          continue;
        }
        store.destroyForcibly();
      }
    }
  }

  @Override
  public void close() throws Exception {
    killAll();
    Runtime.getRuntime().removeShutdownHook(atExit);
    JavaApplication.delete(folder);
  }
}
