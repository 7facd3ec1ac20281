package dev.tokenledger.standalone;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Tells the person at the terminal once everything is ready, and where to go. */
@ApplicationScoped
class ReadyBanner {
  private final SmallRyeHealthReporter health;
  private final int port;
  private final Path keys;
  private boolean shown;

  ReadyBanner(
      SmallRyeHealthReporter health,
      @ConfigProperty(name = "quarkus.http.port") int port,
      @ConfigProperty(name = "tokenledger.identity.bootstrap-file", defaultValue = "bootstrap.env")
          String keys) {
    this.health = health;
    this.port = port;
    this.keys = Path.of(keys);
  }

  @Scheduled(
      identity = "ready-banner",
      every = "0.2s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void showWhenReady() {
    if (shown || health.getReadiness().isDown()) {
      return;
    }
    shown = true;
    System.out.println();
    System.out.println("  TokenLedger is ready:  http://localhost:" + port + "/");
    System.out.println("  API and its tests:     http://localhost:" + port + "/api-docs");
    System.out.println("  The first keys are in  " + keys);
    System.out.println();
  }
}
