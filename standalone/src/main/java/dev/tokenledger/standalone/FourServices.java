package dev.tokenledger.standalone;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * The four services as processes of their own behind the gateway, on this machine: starts the
 * stores that are not named in the environment, then the services and the gateway; starts again
 * what dies; stops all, the gateway first, when it is asked to stop.
 *
 * <p>System properties: {@code tokenledger.data}, {@code tokenledger.home} (the folder with the
 * modules that were built), {@code tokenledger.services.java-options}, {@code
 * tokenledger.services.SERVICE.heap} (sizes for one of them), {@code quarkus.http.host} and {@code
 * quarkus.http.port} of the gateway, {@code tokenledger.services.first-port} (the services' ports
 * count up from it; free ones are taken unless it is set).
 */
final class FourServices {
  private static final List<String> SERVICES =
      List.of("ingest", "aggregation", "alerting", "reporting");
  private static final String GATEWAY = "gateway";

  /** As in one process: short lines, and nothing of libraries that is not a warning. */
  private static final List<String> CONSOLE =
      List.of(
          "-Dquarkus.log.console.format=%d{HH:mm:ss.SSS} %-5p [%c{1.}] %s%e%n",
          "-Dquarkus.log.category.\"org.flywaydb\".level=WARN",
          "-Dquarkus.log.category.\"io.smallrye.health\".level=ERROR",
          "-Dquarkus.log.category.\"io.micrometer\".level=ERROR");

  private static final long LOOK_EVERY_MILLIS = 200;
  private static final int PROBE_MILLIS = 2_000;

  /** Longer than the gateway's own patience with requests that run. */
  private static final Duration GATEWAY_STOP = Duration.ofSeconds(12);

  private static final Duration SERVICES_STOP = Duration.ofSeconds(15);
  private static final Duration ALL_STOP = Duration.ofSeconds(60);

  private final Path data;
  private final Path run;
  private final Path bootstrap;
  private final String host;
  private final int port;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private FourServices(Path data) {
    this.data = data;
    this.run = data.resolve("run");
    this.bootstrap = data.resolve("bootstrap.env");
    this.host = System.getProperty("quarkus.http.host", "0.0.0.0");
    this.port = Integer.getInteger("quarkus.http.port", 8080);
  }

  static void main() {
    showOwnLog();
    FourServices services =
        new FourServices(Path.of(System.getProperty("tokenledger.data", "data")).toAbsolutePath());
    Runtime.getRuntime().addShutdownHook(new Thread(services::stop, "stop"));
    try {
      services.run();
    } catch (IOException | IllegalStateException e) {
      System.err.println("tokenledger: " + e.getMessage());
      services.stopped.countDown();
      System.exit(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      services.stopped.countDown();
    }
  }

  /** Quarkus, which would configure logging, does not run in this process. */
  private static void showOwnLog() {
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    root.addHandler(
        new ConsoleHandler(
            new PatternFormatter("launcher    | %d{HH:mm:ss.SSS} %-5p [%c{1.}] %s%e%n")));
    Logger.getLogger(FourServices.class.getPackageName()).setLevel(Level.INFO);
  }

  /** Lets {@link #run} end, and waits until it has. */
  private void stop() {
    stopping.countDown();
    try {
      if (!stopped.await(ALL_STOP.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("tokenledger: not everything has ended in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() throws IOException, InterruptedException {
    try (DataDirectory directory = DataDirectory.open(data)) {
      OwnerOnly.folder(run);
      stopLeftBehind();
      FreePort.require(host, port);
      try (Stores stores = new Stores(directory, System.getenv())) {
        List<ServiceProcess> processes = processes(stores.environment());
        try {
          for (ServiceProcess process : processes) {
            process.start();
          }
          watch(processes);
        } finally {
          end(processes);
        }
      }
    }
  }

  private void stopLeftBehind() throws IOException {
    List<ProcessHandle> left = new ArrayList<>();
    ServiceProcess.leftBehind(pidFile(GATEWAY)).ifPresent(left::add);
    for (String service : SERVICES) {
      ServiceProcess.leftBehind(pidFile(service)).ifPresent(left::add);
    }
    if (!left.isEmpty()) {
      System.out.println(
          "Stopping " + left.size() + " processes that an earlier start left behind");
      Orphan.stop(left, "services");
    }
  }

  /** The services, the gateway last. */
  private List<ServiceProcess> processes(Map<String, String> stores) throws IOException {
    Path home = Path.of(System.getProperty("tokenledger.home", ".")).toAbsolutePath();
    String options = System.getProperty("tokenledger.services.java-options", "");
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.putAll(stores);
    environment.put("TOKENLEDGER_IDENTITY_BOOTSTRAP_FILE", bootstrap.toString());
    List<String> addresses = properties(host, port);
    List<ServiceProcess> processes = new ArrayList<>();
    int next = Integer.getInteger("tokenledger.services.first-port", 0);
    for (String service : SERVICES) {
      int servicePort = next == 0 ? freePort() : next++;
      addresses.add("-Dtokenledger.gateway." + service + "=http://127.0.0.1:" + servicePort);
      processes.add(
          new ServiceProcess(
              service,
              ServiceProcess.java(
                  heap(service) + options,
                  properties("127.0.0.1", servicePort),
                  application(home, service + "-service")),
              environment,
              pidFile(service)));
    }
    Map<String, String> withoutStores = new HashMap<>(environment);
    withoutStores.keySet().removeAll(Stores.NAMES);
    processes.add(
        new ServiceProcess(
            GATEWAY,
            ServiceProcess.java(heap(GATEWAY) + options, addresses, application(home, GATEWAY)),
            withoutStores,
            pidFile(GATEWAY)));
    return processes;
  }

  /** The sizes of a process's heap, before the options that are for all of them. */
  private static String heap(String service) {
    return System.getProperty("tokenledger.services." + service + ".heap", "") + " ";
  }

  private Path pidFile(String name) {
    return run.resolve(name + ".pid");
  }

  private static List<String> properties(String host, int port) {
    List<String> properties = new ArrayList<>(CONSOLE);
    properties.add("-Dquarkus.http.host=" + host);
    properties.add("-Dquarkus.http.port=" + port);
    return properties;
  }

  private static Path application(Path home, String module) {
    return home.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private void watch(List<ServiceProcess> processes) throws IOException, InterruptedException {
    boolean announced = false;
    while (!stopping.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
      for (ServiceProcess process : processes) {
        process.restartIfDead();
      }
      if (!announced && isReady()) {
        announced = true;
        System.out.print(ReadyBanner.text(port, bootstrap.toString()));
      }
    }
  }

  private boolean isReady() throws IOException {
    String probed = host.equals("0.0.0.0") ? "127.0.0.1" : host;
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://" + probed + ":" + port + "/q/health/ready")
                .toURL()
                .openConnection();
    connection.setConnectTimeout(PROBE_MILLIS);
    connection.setReadTimeout(PROBE_MILLIS);
    try {
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      // The gateway does not listen yet.
      return false;
    } finally {
      connection.disconnect();
    }
  }

  /** The gateway first, so that nobody new comes in while the services finish. */
  private static void end(List<ServiceProcess> processes) throws InterruptedException {
    ServiceProcess gateway = processes.get(processes.size() - 1);
    gateway.askToStop();
    gateway.awaitEnd(GATEWAY_STOP);
    processes.forEach(ServiceProcess::askToStop);
    long end = System.nanoTime() + SERVICES_STOP.toNanos();
    for (ServiceProcess process : processes) {
      process.awaitEnd(Duration.ofNanos(end - System.nanoTime()));
    }
  }
}
