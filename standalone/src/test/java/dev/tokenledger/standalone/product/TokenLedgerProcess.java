package dev.tokenledger.standalone.product;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The application as people run it on one machine: one process with its own stores in a data
 * directory, stopped by signals. It can be ended and started again on the same directory and port.
 */
final class TokenLedgerProcess implements Installation {
  private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

  private final Path data;
  private final int port;
  private final List<String> options;
  private final JavaApplication application;
  private final Thread atExit = new Thread(this::endAll);

  private TokenLedgerProcess(String name, List<String> options) throws IOException {
    this.options = options;
    Path work = Path.of(JavaApplication.property("tokenledger.work"));
    this.data = work.resolve(name);
    this.application = new JavaApplication(work.resolve(name + ".log"));
    this.port = JavaApplication.freePort();
    JavaApplication.delete(data);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Starts an application on an empty directory and waits until it is ready.
   *
   * @param options of the JVM, such as settings
   */
  static TokenLedgerProcess start(String name, String... options) throws Exception {
    TokenLedgerProcess started = new TokenLedgerProcess(name, List.of(options));
    try {
      started.startAgain();
    } catch (Exception | AssertionError e) {
      started.endAll();
      throw e;
    }
    return started;
  }

  @Override
  public void startAgain() throws Exception {
    List<String> arguments = new ArrayList<>(JavaApplication.shippedOptions());
    arguments.addAll(
        List.of(
            "-Dtokenledger.data=" + data,
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            // Small, so that generations of identities begin while tests run.
            "-Dtokenledger.aggregation.identity-generation=3000",
            // The receivers of the tests' webhooks are on this machine.
            "-Dtokenledger.alerting.allow-private-addresses=true",
            // What one test sends in an hour is unusual beside the others'.
            "-Dtokenledger.alerting.anomalies.enabled=false"));
    arguments.addAll(options);
    arguments.addAll(List.of("-jar", JavaApplication.property("tokenledger.app")));
    application.start(arguments, Map.of(), api(""));
  }

  @Override
  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public String firstKey(String name) {
    try {
      return JavaApplication.value(data.resolve("bootstrap.env"), name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Connection database() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + postgresPort() + "/postgres",
        "postgres",
        secret("postgres"));
  }

  private String postgresPort() throws SQLException {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postgres/postmaster.pid"));
      if (lines.size() > 3) {
        return lines.get(3).strip();
      }
    } catch (IOException e) {
      throw new SQLException("Postgres does not run", "08001", e);
    }
    throw new SQLException("Postgres is about to start", "08001");
  }

  @Override
  public RedisReader redis() {
    return redis("redis");
  }

  @Override
  public RedisReader guardRedis() {
    return redis("guard-redis");
  }

  private RedisReader redis(String folder) {
    return new RedisReader(URI.create("redis://127.0.0.1:" + redisPort(folder)), secret("redis"));
  }

  /** The port that Redis shows in its process title, as {@code redis-server 127.0.0.1:6379}. */
  private int redisPort(String folder) {
    String pid = lines(data.resolve(folder).resolve("redis.pid")).get(0).strip();
    Matcher title = PORT.matcher(lines(Path.of("/proc", pid, "cmdline")).get(0));
    if (!title.find()) {
      throw new AssertionError("process " + pid + " does not show its port");
    }
    return Integer.parseInt(title.group(1));
  }

  String secret(String name) {
    return lines(data.resolve("secrets").resolve(name)).get(0).strip();
  }

  Path data() {
    return data;
  }

  Path log() {
    return application.log();
  }

  @Override
  public String output() throws IOException {
    return Files.readString(application.log());
  }

  @Override
  public void terminate() throws InterruptedException {
    List<ProcessHandle> stores = stores();
    application.terminate();
    assertEnded(stores);
  }

  @Override
  public void interrupt() throws IOException, InterruptedException {
    List<ProcessHandle> stores = stores();
    application.interrupt();
    assertEnded(stores);
  }

  /** Its Postgres and both of its Redis, as far as they are alive. */
  private List<ProcessHandle> stores() {
    return Stream.of("postgres/postmaster.pid", "redis/redis.pid", "guard-redis/redis.pid")
        .map(data::resolve)
        .filter(Files::exists)
        .map(file -> Long.parseLong(lines(file).get(0).strip()))
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .filter(
            store ->
                store.info().command().map(c -> c.matches(".*(postgres|redis).*")).orElse(false))
        .toList();
  }

  private static void assertEnded(List<ProcessHandle> stores) {
    for (ProcessHandle store : stores) {
      // One that has ended and that nobody has asked about yet counts as alive, without a command.
      if (store.isAlive() && store.info().command().isPresent()) {
        throw new AssertionError(
            "left behind by an application that was stopped: " + store.info().command());
      }
    }
  }

  /** Ends the application at once; its stores stay behind, as after a crash. */
  void kill() throws InterruptedException {
    application.kill();
  }

  /**
   * Ends Postgres at once.
   *
   * @return false if it does not run just now
   */
  boolean killPostgres() {
    return kill(data.resolve("postgres/postmaster.pid"));
  }

  /** As {@link #killPostgres}, for Redis. */
  boolean killRedis() {
    return kill(data.resolve("redis/redis.pid"));
  }

  /** As {@link #killPostgres}, for the guard's Redis. */
  boolean killGuardRedis() {
    return kill(data.resolve("guard-redis/redis.pid"));
  }

  private static boolean kill(Path pidFile) {
    Optional<ProcessHandle> store;
    try (Stream<String> lines = Files.lines(pidFile)) {
      store = lines.findFirst().flatMap(pid -> ProcessHandle.of(Long.parseLong(pid.strip())));
    } catch (IOException e) {
      // Removed, or not written yet.
      return false;
    }
    // One that has ended and that nobody has asked about yet has no command.
    if (store.flatMap(running -> running.info().command()).isEmpty()) {
      return false;
    }
    store.get().destroyForcibly();
    store.get().onExit().join();
    return true;
  }

  /** Stops the application and removes its data; the log stays. */
  @Override
  public void close() throws Exception {
    if (application.isAlive()) {
      terminate();
    }
    endAll();
    Runtime.getRuntime().removeShutdownHook(atExit);
    JavaApplication.delete(data);
  }

  /** Leaves nothing behind, not even the stores of an application that was killed. */
  private void endAll() {
    application.killIfAlive();
    stores()
        .forEach(
            store -> {
              store.destroyForcibly();
              store.onExit().join();
            });
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
