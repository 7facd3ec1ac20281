package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceProcessTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path folder;

  @Test
  void whatAnEarlierLauncherNotedIsFound() throws Exception {
    ServiceProcess service = start("sleep 60");
    assertThat(ServiceProcess.leftBehind(pidFile())).isPresent();
    service.askToStop();
    service.awaitEnd(PATIENCE);
    assertThat(pidFile()).doesNotExist();
    assertThat(ServiceProcess.leftBehind(pidFile())).isEmpty();
  }

  @Test
  void aProcessIdThatHasGoneToAnotherProgramIsLeftAlone() throws Exception {
    long mine = ProcessHandle.current().pid();
    Instant anHourAgo = Instant.now().minus(Duration.ofHours(1));
    Files.write(pidFile(), List.of(Long.toString(mine), Long.toString(anHourAgo.toEpochMilli())));
    assertThat(ServiceProcess.leftBehind(pidFile())).isEmpty();
    Files.write(pidFile(), List.of(Long.toString(mine)));
    assertThat(ServiceProcess.leftBehind(pidFile())).isEmpty();
  }

  @Test
  void whoDiesIsStartedAgain() throws Exception {
    ServiceProcess service = start("sleep 60");
    ProcessHandle first = ServiceProcess.leftBehind(pidFile()).orElseThrow();
    first.destroyForcibly();
    first.onExit().join();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (ServiceProcess.leftBehind(pidFile()).isEmpty() && System.nanoTime() < end) {
      service.restartIfDead();
    }
    assertThat(ServiceProcess.leftBehind(pidFile())).isPresent().get().isNotEqualTo(first);
    service.askToStop();
    service.awaitEnd(PATIENCE);
  }

  @Test
  void whoDoesNotEndIsKilled() throws Exception {
    ServiceProcess service = start("trap '' TERM; touch ready; while :; do sleep 1; done");
    ProcessHandle deaf = ServiceProcess.leftBehind(pidFile()).orElseThrow();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(folder.resolve("ready")) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    service.askToStop();
    service.awaitEnd(Duration.ofMillis(200));
    assertThat(deaf.isAlive()).isFalse();
  }

  private ServiceProcess start(String script) throws Exception {
    ServiceProcess service =
        new ServiceProcess(
            "test",
            List.of("sh", "-c", "cd '" + folder + "'; " + script),
            Map.of("PATH", "/usr/bin:/bin"),
            pidFile());
    service.start();
    return service;
  }

  private Path pidFile() {
    return folder.resolve("test.pid");
  }
}
