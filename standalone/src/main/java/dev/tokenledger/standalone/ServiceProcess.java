package dev.tokenledger.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One service as a child process: started, started again after it has died, and stopped. Its lines
 * appear on the console behind its name; its process id is in a file, so that what a killed
 * launcher leaves behind is found by the next one. Calls come from one thread at a time.
 */
final class ServiceProcess {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** Who has lived that long has started well; the next pause is a short one again. */
  private static final Duration GOOD_LIFE = Duration.ofSeconds(30);

  /** Start times are known to the hundredth of a second, against a clock that may be set. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path pidFile;
  private @Nullable Process process;
  private long startedNanos;
  private long dueNanos;
  private Duration pause = FIRST_PAUSE;
  private boolean diedBefore;

  /**
   * @param environment all of it; what must not be seen in the list of processes, such as passwords
   * @param pidFile two lines: the process id and when it started, in milliseconds
   */
  ServiceProcess(String name, List<String> command, Map<String, String> environment, Path pidFile) {
    this.name = name;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.pidFile = pidFile;
  }

  /** The process that an earlier launcher has noted in the file, if it still runs. */
  static Optional<ProcessHandle> leftBehind(Path pidFile) throws IOException {
    return Orphan.find(pidFile, candidate -> isNoted(candidate, pidFile));
  }

  /** A process id may have gone to another program since; its start has not. */
  private static boolean isNoted(ProcessHandle candidate, Path pidFile) {
    try {
      List<String> lines = Files.readAllLines(pidFile);
      if (lines.size() < 2 || !lines.get(1).matches("\\d{1,18}")) {
        return false;
      }
      Instant noted = Instant.ofEpochMilli(Long.parseLong(lines.get(1)));
      return candidate
          .info()
          .startInstant()
          .map(started -> Duration.between(started, noted).abs())
          .filter(difference -> difference.compareTo(START_TOLERANCE) <= 0)
          .isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + pidFile, e);
    }
  }

  void start() throws IOException {
    ProcessBuilder builder = OwnSession.of(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process started = builder.start();
    process = started;
    startedNanos = System.nanoTime();
    Instant start = started.info().startInstant().orElseGet(Instant::now);
    Files.write(
        OwnerOnly.file(pidFile),
        List.of(Long.toString(started.pid()), Long.toString(start.toEpochMilli())));
    Thread pump = new Thread(() -> show(started), name + "-log");
    pump.setDaemon(true);
    pump.start();
  }

  private void show(Process started) {
    String prefix = String.format("%-11s | ", name);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(prefix + line);
      }
    } catch (IOException e) {
      System.out.println(prefix + "(its output ended: " + e.getMessage() + ")");
    }
  }

  /** Starts the service again when it has died, after pauses that grow while it dies early. */
  void restartIfDead() throws IOException {
    Process running = process;
    if (running == null || running.isAlive()) {
      return;
    }
    long now = System.nanoTime();
    if (!diedBefore) {
      diedBefore = true;
      if (now - startedNanos > GOOD_LIFE.toNanos()) {
        pause = FIRST_PAUSE;
      }
      System.out.printf(
          "%-11s | has ended with %d and is started again in %d ms%n",
          name, running.exitValue(), pause.toMillis());
      dueNanos = now + pause.toNanos();
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
    if (now - dueNanos >= 0) {
      diedBefore = false;
      start();
    }
  }

  /** Asks it to finish what it has taken; {@link #awaitEnd} waits. */
  void askToStop() {
    if (process != null) {
      // By its handle: the process object would close its output, and the last lines be lost.
      process.toHandle().destroy();
    }
  }

  /** Waits for its end, and ends it after the limit. */
  void awaitEnd(Duration limit) throws InterruptedException {
    Process running = process;
    if (running == null) {
      return;
    }
    if (!running.waitFor(Math.max(0, limit.toMillis()), TimeUnit.MILLISECONDS)) {
      System.out.printf("%-11s | does not end and is killed%n", name);
      running.toHandle().destroyForcibly();
      running.waitFor();
    }
    process = null;
    try {
      Files.deleteIfExists(pidFile);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + pidFile, e);
    }
  }

  /** The command line of a Java application. */
  static List<String> java(String options, List<String> properties, Path jar) {
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing; ./tokenledger services builds it");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    options
        .lines()
        .flatMap(line -> List.of(line.strip().split("\\s+")).stream())
        .filter(option -> !option.isEmpty())
        .forEach(command::add);
    command.addAll(properties);
    command.add("-jar");
    command.add(jar.toString());
    return command;
  }
}
