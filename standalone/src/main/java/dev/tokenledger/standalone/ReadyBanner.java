package dev.tokenledger.standalone;

import io.quarkus.vertx.http.HttpServerStart;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Tells the person at the terminal once everything is ready, and where to go. */
@ApplicationScoped
class ReadyBanner {
  private static final long LOOK_EVERY_MILLIS = 100;

  private final SmallRyeHealthReporter health;
  private final int port;
  private final String keys;

  ReadyBanner(
      SmallRyeHealthReporter health,
      @ConfigProperty(name = "quarkus.http.port") int port,
      @ConfigProperty(name = "tokenledger.identity.bootstrap-file", defaultValue = "bootstrap.env")
          String keys) {
    this.health = health;
    this.port = port;
    this.keys = keys;
  }

  /** Not before the port is bound: the address would be somebody else's. */
  void begin(@ObservesAsync HttpServerStart event) {
    Thread thread = new Thread(this::showWhenReady, "ready-banner");
    thread.setDaemon(true);
    thread.start();
  }

  private void showWhenReady() {
    try {
      while (health.getReadiness().isDown()) {
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    System.out.print(text(port, keys));
  }

  static String text(int port, String keys) {
    return String.format(
        "%n  TokenLedger is ready:    http://localhost:%d/%n"
            + "  API explorer:            http://localhost:%d/api-docs%n"
            + "  The first keys are in    %s%n%n",
        port, port, keys);
  }
}
