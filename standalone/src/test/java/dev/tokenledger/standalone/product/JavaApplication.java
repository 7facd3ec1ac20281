package dev.tokenledger.standalone.product;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@code java -jar} that can be ended and started again, its output in a file. It is the head of
 * a process group, as a command in a terminal is.
 */
final class JavaApplication {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);

  private final Path log;
  private @Nullable Process process;

  JavaApplication(Path log) throws IOException {
    this.log = log;
    Files.createDirectories(log.getParent());
    Files.deleteIfExists(log);
  }

  Path log() {
    return log;
  }

  /** Starts it and waits until it is ready. */
  void start(List<String> arguments, Map<String, String> environment, Api anonymous)
      throws Exception {
    List<String> command = new ArrayList<>();
    // A shell's background job ignores Ctrl-C, and so would whatever it starts.
    command.addAll(List.of("env", "--default-signal=INT", "setsid"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    Process started = builder.start();
    process = started;
    Eventually.holds(
        "the application is ready; its output is in " + log,
        START,
        () -> {
          if (!started.isAlive()) {
            throw new AssertionError("the application ended; its output is in " + log);
          }
          return anonymous.isReady();
        });
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  void terminate() throws InterruptedException {
    running().destroy();
    awaitEnd("SIGTERM");
  }

  void kill() throws InterruptedException {
    running().destroyForcibly();
    awaitEnd("SIGKILL");
  }

  void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", "--", "-" + running().pid()).inheritIO().start().waitFor();
    awaitEnd("SIGINT to its group");
  }

  void killIfAlive() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private void awaitEnd(String signal) throws InterruptedException {
    if (!running().waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still alive " + STOP.toSeconds() + " s after " + signal);
    }
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("the application was not started");
    }
    return process;
  }

  /**
   * The options of Java that {@code ./tokenledger up} gives: limits hold with these or not at all.
   */
  static List<String> shippedOptions() throws IOException {
    Process script =
        new ProcessBuilder(
                Path.of(property("tokenledger.home"), "tokenledger").toString(), "java-options")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String options = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (options.isBlank()) {
      throw new IllegalStateException("./tokenledger java-options prints nothing");
    }
    return List.of(options.strip().split(" +"));
  }

  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("set -D" + name + "; the build does so for these tests");
    }
    return value;
  }

  /** A line {@code NAME=value} of a file. */
  static String value(Path file, String name) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElseThrow(() -> new AssertionError(file + " has no " + name));
    }
  }

  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      // What cannot be removed is removed before the next test on the same directory, or fails it.
      tree.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}
