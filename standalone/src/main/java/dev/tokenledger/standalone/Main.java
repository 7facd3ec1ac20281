package dev.tokenledger.standalone;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

  public static void main(String... args) throws IOException {
    if (List.of(args).equals(List.of("services"))) {
      FourServices.main();
    } else {
      oneProcess(args);
    }
  }

  private static void oneProcess(String... args) throws IOException {
    // Until Quarkus has configured logging, everything down to the finest trace would be printed.
    Logger.getLogger("").setLevel(Level.WARNING);
    Path data = Path.of(System.getProperty("tokenledger.data", "data")).toAbsolutePath();
    DataDirectory directory = DataDirectory.open(data);
    EmbeddedRedis redis = EmbeddedRedis.ofEvents(directory);
    EmbeddedRedis guardRedis = EmbeddedRedis.ofGuard(directory);
    EmbeddedDatabase database = new EmbeddedDatabase(directory);
    try {
      redis.start();
      guardRedis.start();
      database.start();
    } catch (IOException | RuntimeException | Error e) {
      guardRedis.stop();
      redis.stop();
      throw e;
    }
    System.setProperty("tokenledger.database.url", database.url());
    System.setProperty("tokenledger.database.owner-username", EmbeddedDatabase.OWNER);
    System.setProperty("tokenledger.database.owner-password", directory.secret("postgres"));
    if (!System.getenv().containsKey(Stores.SECRET_KEY)
        && System.getProperty("tokenledger.alerting.secret-key") == null) {
      // As long-lived as the data: nobody changes this password.
      System.setProperty("tokenledger.alerting.secret-key", directory.secret("postgres"));
    }
    System.setProperty("tokenledger.redis.url", redis.url());
    System.setProperty("tokenledger.alerting.guard-redis-url", guardRedis.url());
    System.setProperty(
        "tokenledger.identity.bootstrap-file", data.resolve("bootstrap.env").toString());
    if (System.getProperty(EVENT_LOOPS) == null) {
      // The stores and the workers need processors, too; of few of them each switch between threads
      // is felt.
      System.setProperty(
          EVENT_LOOPS,
          Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / 2)));
    }
    Supervisor supervisor = new Supervisor(database, redis, guardRedis);
    supervisor.start();
    CountDownLatch ended = new CountDownLatch(1);
    // In a hook of its own: after a signal the machine halts once the hooks are done, whatever the
    // main thread is still about.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  await(ended);
                  supervisor.stop();
                  database.stop();
                  guardRedis.stop();
                  redis.stop();
                  directory.close();
                },
                "stop-stores"));
    Quarkus.run(
        null,
        (exitCode, failure) -> {
          if (failure != null) {
            System.err.println("TokenLedger could not start");
            failure.printStackTrace();
          }
          ended.countDown();
          System.exit(exitCode);
        },
        args);
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
