package dev.tokenledger.platform.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CollectorWatchdogTest {
  private static final long PATIENCE_SECONDS = 120;

  @Test
  void aProcessWhoseHeapStaysFullEnds() throws Exception {
    Process process = start(Full.class);
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("has ended").isTrue();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(output).isEqualTo(CollectorWatchdog.EXIT_CODE);
    assertThat(output).contains("TOKENLEDGER_HEAP").hasLineCount(1);
  }

  @Test
  void aProcessThatCollectsALotAndGoesOnDoesNot() throws Exception {
    Process process = start(Busy.class);
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("has ended").isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** With the options that ship, as the script has them, and a heap that is small. */
  private static Process start(Class<?> main) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms96m",
            "-Xmx96m",
            "-Xmn32m",
            "-XX:+UseParallelGC",
            "-XX:-UseAdaptiveSizePolicy",
            "-XX:SurvivorRatio=2",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
        .start();
  }

  /** Holds nearly as much as fits, so that each collection finds hardly anything to free. */
  static final class Full {
    private Full() {}

    public static void main(String[] args) {
      new CollectorWatchdog().start();
      // Four mebibytes more than the old generation: each time the rest of Eden fills, all of the
      // heap is collected.
      int most = 68 * 1024;
      Deque<byte[]> held = new ArrayDeque<>(most + 1);
      while (true) {
        held.add(new byte[1_000]);
        if (held.size() > most) {
          held.removeFirst();
        }
      }
    }
  }

  /** Makes garbage for longer than the watchdog looks back. */
  static final class Busy {
    private Busy() {}

    public static void main(String[] args) {
      new CollectorWatchdog().start();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
      Deque<byte[]> held = new ArrayDeque<>();
      while (System.nanoTime() < end) {
        held.add(new byte[1_000]);
        if (held.size() > 30_000) {
          held.removeFirst();
        }
      }
    }
  }
}
