package dev.tokenledger.standalone;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Starts Postgres and Redis in the data directory, then the services, and stops them in the reverse
 * order. The directory is the system property {@code tokenledger.data}, or {@code ./data}. With the
 * argument {@code services} the services are processes of their own behind the gateway.
 */
@QuarkusMain
public final class Main {
  /** Longer than a consumer is waited for. */
  private static final long LONGEST_END_SECONDS = 30;

  private static final String EVENT_LOOPS = "quarkus.vertx.event-loops-pool-size";

  private Main() {}

  public static void main(String... args) {
    ScriptWatch.begin();
    Settings.require(
        System.getProperties(), System.getProperty("tokenledger.services.java-options", ""));
    if (List.of(args).equals(List.of("services"))) {
      FourServices.main();
    } else {
      oneProcess(args);
    }
  }

  private static void oneProcess(String... args) {
    // Until Quarkus has configured logging, everything down to the finest trace would be printed.
    Logger.getLogger("").setLevel(Level.WARNING);
    EmbeddedStores stores = new EmbeddedStores();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean running = new AtomicBoolean();
    // In a hook of its own: after a signal the machine halts once the hooks are done, whatever the
    // main thread is still about.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (running.get()) {
                    await(ended);
                  }
                  stores.close();
                },
                "stop-stores"));
    try {
      FreePort.require(
          setting("quarkus.http.host", "0.0.0.0"),
          Integer.parseInt(setting("quarkus.http.port", "8080")));
      stores.start(Path.of(System.getProperty("tokenledger.data", "data")).toAbsolutePath());
    } catch (IOException | UncheckedIOException | IllegalStateException e) {
      System.err.println("tokenledger: " + e.getMessage());
      System.exit(1);
    }
    if (System.getProperty(EVENT_LOOPS) == null) {
      // The stores and the workers need processors, too; of few of them each switch between threads
      // is felt.
      System.setProperty(
          EVENT_LOOPS,
          Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / 2)));
    }
    running.set(true);
    Quarkus.run(
        null,
        (exitCode, failure) -> {
          if (failure != null) {
            explain(failure);
          }
          ended.countDown();
          System.exit(exitCode);
        },
        args);
  }

  /** A setting of Quarkus, where it must be known before Quarkus starts. */
  private static String setting(String name, String otherwise) {
    String given = System.getProperty(name);
    String environment = System.getenv(name.toUpperCase(Locale.ROOT).replace('.', '_'));
    return given != null ? given : environment != null ? environment : otherwise;
  }

  private static void explain(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        System.err.println("tokenledger: the port was taken meanwhile: " + cause.getMessage());
        return;
      }
    }
    System.err.println("tokenledger: cannot start");
    failure.printStackTrace();
  }

  /** Waits for the services to finish what they took, so long as they may. */
  private static void await(CountDownLatch ended) {
    try {
      ended.await(LONGEST_END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
