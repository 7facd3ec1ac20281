package dev.tokenledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/**
 * Redis in the data directory, with a password, on a port of the loopback address that stays the
 * same while this process runs. It ends when it is told to and not by itself when this process is
 * asked to stop: who uses it finishes first.
 */
final class EmbeddedRedis implements EmbeddedStore {
  private static final Duration START = Duration.ofSeconds(60);
  private static final long STOP_SECONDS = 20;
  private static final long LOOK_EVERY_MILLIS = 20;
  private static final int SOCKET_MILLIS = 1_000;

  private static @Nullable Path unpacked;

  private final String name;
  private final List<String> persistence;
  private final Path files;
  private final Path binaries;
  private final Path log;
  private final String password;
  private final int port;
  private @Nullable Process process;

  private EmbeddedRedis(
      DataDirectory directory, String name, String folder, List<String> persistence)
      throws IOException {
    this.name = name;
    this.persistence = persistence;
    this.files = directory.resolve(folder);
    this.binaries = directory.resolve("redis-binaries");
    this.log = directory.resolve(folder + ".log");
    this.password = directory.secret("redis");
    this.port = FreePort.find();
  }

  /** For events: it keeps what it has acknowledged, whatever is killed. */
  static EmbeddedRedis ofEvents(DataDirectory directory) throws IOException {
    return new EmbeddedRedis(
        directory,
        "Redis",
        "redis",
        List.of(
            "appendonly yes",
            "appendfsync always",
            "auto-aof-rewrite-percentage 100",
            "auto-aof-rewrite-min-size 64mb"));
  }

  /**
   * For the guard, all of which can be made anew from Postgres: it writes no file, so that no
   * decision waits for a disk.
   */
  static EmbeddedRedis ofGuard(DataDirectory directory) throws IOException {
    return new EmbeddedRedis(
        directory, "the guard's Redis", "guard-redis", List.of("appendonly no"));
  }

  @Override
  public String name() {
    return name;
  }

  String url() {
    return "redis://:" + password + "@127.0.0.1:" + port;
  }

  @Override
  public void start() throws IOException {
    Files.createDirectories(files);
    Files.createDirectories(binaries);
    Orphan.stop(files.resolve("redis.pid"), "redis");
    String executable = executable(binaries).toString();
    Process started =
        OwnSession.of(List.of(executable, configuration().toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    awaitReady(started);
  }

  /** Unpacked once by a process: two of them use it, and unpacking takes longer than starting. */
  private static synchronized Path executable(Path binaries) throws IOException {
    Path known = unpacked;
    if (known == null || !Files.isExecutable(known)) {
      known =
          ExecutableProvider.newJarResourceProvider(binaries.toFile())
              .get()
              .toPath()
              .toAbsolutePath();
      unpacked = known;
    }
    return known;
  }

  /** In a file, because arguments can be seen by every user of the machine. */
  private Path configuration() throws IOException {
    Path file = files.resolve("redis.conf");
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    List<String> lines = new ArrayList<>(persistence);
    lines.addAll(
        List.of(
            "bind 127.0.0.1",
            "port " + port,
            "dir \"" + files + "\"",
            "pidfile \"" + files.resolve("redis.pid") + "\"",
            "requirepass " + password,
            "save \"\"",
            "maxmemory-policy noeviction"));
    return Files.write(file, lines);
  }

  /** It listens before it has read its files, and answers with an error until then. */
  private void awaitReady(Process started) throws IOException {
    long end = System.nanoTime() + START.toNanos();
    while (!answers()) {
      if (!started.isAlive()) {
        throw new IOException("the embedded Redis ended at its start; " + log + " has the reason");
      }
      if (System.nanoTime() > end) {
        throw new IOException("the embedded Redis is not ready within " + START.toSeconds() + " s");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the embedded Redis starts", e);
      }
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), SOCKET_MILLIS);
      socket.setSoTimeout(SOCKET_MILLIS);
      socket
          .getOutputStream()
          .write(("AUTH " + password + "\r\nPING\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
      String answers =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answers.contains("+PONG");
    } catch (IOException e) {
      // Nobody listens yet.
      return false;
    }
  }

  @Override
  public boolean isAlive() {
    try {
      Path pidFile = files.resolve("redis.pid");
      if (!Files.exists(pidFile)) {
        // Redis has written it before it was ready, and removes it when it is asked to end.
        return false;
      }
      Optional<String> pid = Files.readAllLines(pidFile).stream().findFirst();
      return pid.isPresent()
          && ProcessHandle.of(Long.parseLong(pid.get().strip()))
              .map(ProcessHandle::isAlive)
              .orElse(false);
    } catch (IOException | NumberFormatException e) {
      // The file is being written; the next look tells.
      return true;
    }
  }

  @Override
  public void stop() {
    Process running = process;
    process = null;
    if (running == null) {
      return;
    }
    running.destroy();
    try {
      if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(
          new IOException("interrupted while the embedded Redis stops", e));
    }
  }
}
