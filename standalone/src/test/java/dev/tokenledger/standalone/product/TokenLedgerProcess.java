package dev.tokenledger.standalone.product;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The application as people run it: {@code java -jar} with a data directory, stopped by signals. It
 * can be ended and started again on the same directory and port. Its output is kept in a file
 * beside the directory.
 */
final class TokenLedgerProcess implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(40);

  private final Path data;
  private final Path log;
  private final int port;
  private final Thread atExit = new Thread(this::endAll);
  private @Nullable Process process;

  private TokenLedgerProcess(String name) throws IOException {
    Path work = Path.of(property("tokenledger.work"));
    this.data = work.resolve(name);
    this.log = work.resolve(name + ".log");
    delete(data);
    Files.createDirectories(work);
    Files.deleteIfExists(log);
    try (ServerSocket free = new ServerSocket(0)) {
      this.port = free.getLocalPort();
    }
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Starts an application on an empty directory and waits until it is ready. */
  static TokenLedgerProcess start(String name) throws Exception {
    TokenLedgerProcess started = new TokenLedgerProcess(name);
    try {
      started.startAgain();
    } catch (Exception | AssertionError e) {
      started.endAll();
      throw e;
    }
    return started;
  }

  /** Starts the application on what is there and waits until it is ready. */
  void startAgain() throws Exception {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dtokenledger.data=" + data,
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                // The receivers of the tests' webhooks are on this machine.
                "-Dtokenledger.alerting.allow-private-addresses=true",
                "-jar",
                property("tokenledger.app"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    Api anonymous = api("");
    Eventually.holds(
        "the application is ready; its output is in " + log,
        START,
        () -> {
          if (!started.isAlive()) {
            throw new AssertionError("the application ended; its output is in " + log);
          }
          return anonymous.isReady();
        });
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** A client that sends the key, or none when it is empty. */
  Api api(String key) {
    return new Api(url(), key);
  }

  Api admin() {
    return api(firstKey("TOKENLEDGER_ADMIN_KEY"));
  }

  Api ingest() {
    return api(firstKey("TOKENLEDGER_INGEST_KEY"));
  }

  /** A value of {@code bootstrap.env}. */
  String firstKey(String name) {
    try (Stream<String> lines = Files.lines(data.resolve("bootstrap.env"))) {
      return lines
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElseThrow(() -> new AssertionError("bootstrap.env has no " + name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path data() {
    return data;
  }

  Path log() {
    return log;
  }

  /** The ledger, as the owner of the database sees it. */
  Ledger ledger() {
    return new Ledger(this);
  }

  String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:"
        + lines(data.resolve("postgres/postmaster.pid")).get(3).strip()
        + "/postgres";
  }

  /** The port that Redis shows in its process title, as {@code redis-server 127.0.0.1:6379}. */
  int redisPort() {
    String pid = lines(data.resolve("redis/redis.pid")).get(0).strip();
    Matcher title = PORT.matcher(lines(Path.of("/proc", pid, "cmdline")).get(0));
    if (!title.find()) {
      throw new AssertionError("process " + pid + " does not show its port");
    }
    return Integer.parseInt(title.group(1));
  }

  String secret(String name) {
    return lines(data.resolve("secrets").resolve(name)).get(0).strip();
  }

  /** Asks the application to stop, and waits until it has. */
  void terminate() throws InterruptedException {
    running().destroy();
    awaitEnd("SIGTERM");
  }

  /** Ends the application at once; its stores stay behind, as after a crash. */
  void kill() throws InterruptedException {
    running().destroyForcibly();
    awaitEnd("SIGKILL");
  }

  void killPostgres() {
    kill(data.resolve("postgres/postmaster.pid"));
  }

  void killRedis() {
    kill(data.resolve("redis/redis.pid"));
  }

  private static void kill(Path pidFile) {
    long pid = Long.parseLong(lines(pidFile).get(0).strip());
    ProcessHandle store =
        ProcessHandle.of(pid).orElseThrow(() -> new AssertionError(pidFile + " is stale"));
    store.destroyForcibly();
    store.onExit().join();
  }

  private void awaitEnd(String signal) throws InterruptedException {
    if (!running().waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still alive " + STOP.toSeconds() + " s after " + signal);
    }
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("the application was not started");
    }
    return process;
  }

  /** Stops the application and removes its data; the log stays. */
  @Override
  public void close() throws Exception {
    if (running().isAlive()) {
      terminate();
    }
    endAll();
    Runtime.getRuntime().removeShutdownHook(atExit);
    delete(data);
  }

  /** Leaves nothing behind, not even the stores of an application that was killed. */
  private void endAll() {
    if (process != null) {
      process.destroyForcibly();
    }
    Stream.of("postgres/postmaster.pid", "redis/redis.pid")
        .map(data::resolve)
        .filter(Files::exists)
        .map(file -> Long.parseLong(lines(file).get(0).strip()))
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .filter(
            store ->
                store.info().command().map(c -> c.matches(".*(postgres|redis).*")).orElse(false))
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

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      tree.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("set -D" + name + "; the build does so for these tests");
    }
    return value;
  }
}
