package dev.tokenledger.standalone.product;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Four service processes behind the gateway, over stores that others have started. */
final class ServicesInstallation implements Installation {
  static final List<String> PROCESSES =
      List.of("ingest", "aggregation", "alerting", "reporting", "gateway");

  private final Path data;
  private final int port;
  private final JavaApplication launcher;
  private final ExternalStores stores;
  private final List<String> options;
  private final Thread atExit = new Thread(this::endAll);

  private ServicesInstallation(String name, ExternalStores stores, List<String> options)
      throws IOException {
    this.options = options;
    Path work = Path.of(JavaApplication.property("tokenledger.work"));
    this.data = work.resolve(name);
    this.launcher = new JavaApplication(work.resolve(name + ".log"));
    this.port = JavaApplication.freePort();
    this.stores = stores;
    JavaApplication.delete(data);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Starts it on an empty database and waits until it is ready.
   *
   * @param options of the JVM of each service, such as settings
   */
  static ServicesInstallation start(String name, String... options) throws Exception {
    ServicesInstallation started =
        new ServicesInstallation(name, ExternalStores.start(), List.of(options));
    try {
      started.startAgain();
    } catch (Exception | AssertionError e) {
      started.endAll();
      started.stores.close();
      throw e;
    }
    return started;
  }

  @Override
  public void startAgain() throws Exception {
    launcher.start(
        List.of(
            "-Xmx160m",
            "-Dtokenledger.data=" + data,
            "-Dtokenledger.home=" + JavaApplication.property("tokenledger.home"),
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            "-Dtokenledger.services.java-options=-Xmx256m -XX:+UseSerialGC "
                + String.join(" ", options),
            "-jar",
            JavaApplication.property("tokenledger.app"),
            "services"),
        Map.of(
            "TOKENLEDGER_DATABASE_URL", stores.databaseUrl(),
            "TOKENLEDGER_DATABASE_OWNER_USERNAME", ExternalStores.OWNER,
            "TOKENLEDGER_DATABASE_OWNER_PASSWORD", stores.ownerPassword(),
            "TOKENLEDGER_REDIS_URL", stores.redisUrl(),
            // The receivers of the tests' webhooks are on this machine.
            "TOKENLEDGER_ALERTING_ALLOW_PRIVATE_ADDRESSES", "true"),
        api(""));
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
    return stores.asSuperuser();
  }

  @Override
  public RedisReader redis() {
    return stores.redis();
  }

  @Override
  public String output() throws IOException {
    return Files.readString(launcher.log());
  }

  Path data() {
    return data;
  }

  /** The process of a service, or of the gateway, if it runs. */
  Optional<ProcessHandle> process(String name) {
    Path pidFile = data.resolve("run").resolve(name + ".pid");
    try (Stream<String> lines = Files.lines(pidFile)) {
      return lines.findFirst().flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)));
    } catch (IOException e) {
      // Removed with its process.
      return Optional.empty();
    }
  }

  ExternalStores stores() {
    return stores;
  }

  /** Ends a service at once; the launcher starts another. */
  void kill(String name) {
    if (!killIfAlive(name)) {
      throw new AssertionError(name + " does not run");
    }
  }

  /**
   * Ends a service at once.
   *
   * @return false if it does not run just now
   */
  boolean killIfAlive(String name) {
    Optional<ProcessHandle> victim = process(name).filter(ProcessHandle::isAlive);
    victim.ifPresent(
        running -> {
          running.destroyForcibly();
          running.onExit().join();
        });
    return victim.isPresent();
  }

  /** Ends the launcher at once; what it has started stays behind, as after a crash. */
  void killLauncher() throws InterruptedException {
    launcher.kill();
  }

  @Override
  public void terminate() throws InterruptedException {
    launcher.terminate();
  }

  @Override
  public void interrupt() throws IOException, InterruptedException {
    launcher.interrupt();
  }

  @Override
  public void close() throws Exception {
    if (launcher.isAlive()) {
      terminate();
    }
    endAll();
    stores.close();
    Runtime.getRuntime().removeShutdownHook(atExit);
    JavaApplication.delete(data);
  }

  private void endAll() {
    launcher.killIfAlive();
    for (String name : PROCESSES) {
      process(name)
          .filter(left -> left.info().command().map(c -> c.endsWith("java")).orElse(false))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
