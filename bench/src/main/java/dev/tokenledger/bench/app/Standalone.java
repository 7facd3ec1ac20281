package dev.tokenledger.bench.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The product in one process, on a data directory of its own. Closing stops it. */
public final class Standalone implements AutoCloseable {
  private static final Duration STARTUP = Duration.ofMinutes(2);
  private static final Duration SHUTDOWN = Duration.ofMinutes(1);
  private static final long LOOK_EVERY_MILLIS = 10;

  private final Process process;
  private final URI url;
  private final Stores stores;
  private final Duration readyAfter;

  private Standalone(Process process, URI url, Stores stores, Duration readyAfter) {
    this.process = process;
    this.url = url;
    this.stores = stores;
    this.readyAfter = readyAfter;
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param options of the virtual machine
   * @throws IOException if it ends, or is not ready in time; its log is in the data directory
   */
  public static Standalone start(Path jar, Path data, List<String> options)
      throws IOException, InterruptedException {
    int port = ChildJvm.freePort();
    java.nio.file.Files.createDirectories(data);
    long start = System.nanoTime();
    Process process =
        ChildJvm.start(
            options,
            List.of(
                "-Dquarkus.http.port=" + port,
                "-Dtokenledger.data=" + data.toAbsolutePath(),
                "-jar",
                jar.toString()),
            data.resolve("standalone.log"));
    URI url = URI.create("http://127.0.0.1:" + port);
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest ready = HttpRequest.newBuilder(url.resolve("/q/health/ready")).build();
    while (true) {
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      if (isReady(client, ready)) {
        return new Standalone(process, url, new Stores(data), elapsed);
      }
      if (!process.isAlive() || elapsed.compareTo(STARTUP) > 0) {
        process.destroy();
        throw new IOException(
            "the product did not get ready; see " + data.resolve("standalone.log"));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private static boolean isReady(HttpClient client, HttpRequest ready) throws InterruptedException {
    try {
      return client.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      // Nobody listens yet.
      return false;
    }
  }

  public URI url() {
    return url;
  }

  public Stores stores() {
    return stores;
  }

  public long pid() {
    return process.pid();
  }

  /** From the start of the process to its first readiness. */
  public Duration readyAfter() {
    return readyAfter;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(SHUTDOWN.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("the product did not stop within " + SHUTDOWN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the product was stopping", e);
    }
  }
}
