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
  private final List<String> settings;
  private final Path files;
  private final Path binaries;
  private final Path log;
  private final Path pidFile;
  private final String password;
  private final int port;
  private @Nullable Process process;

  private EmbeddedRedis(DataDirectory directory, String name, String folder, List<String> settings)
      throws IOException {
    this.name = name;
    this.settings = settings;
    this.files = directory.resolve(folder);
    this.binaries = directory.resolve("redis-binaries");
    this.log = directory.resolve(folder + ".log");
    this.pidFile = files.resolve("redis.pid");
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
            "maxmemory-policy noeviction",
            "auto-aof-rewrite-percentage 100",
            "auto-aof-rewrite-min-size 64mb"));
  }

  /**
   * For the guard, all of which can be made anew from Postgres: it writes no file, so that no
   * decision waits for a disk. Only what has a time to live is given up when its memory is used up:
   * the counters of loop guards, which are then counted from the ledger again. What is spent and
   * reserved has none; where that alone does not fit, nothing is reserved, and budgets answer by
   * their {@code when_unavailable}.
   */
  static EmbeddedRedis ofGuard(DataDirectory directory) throws IOException {
    return new EmbeddedRedis(
        directory,
        "the guard's Redis",
        "guard-redis",
        List.of("appendonly no", "maxmemory 256mb", "maxmemory-policy volatile-ttl"));
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
    OwnerOnly.folder(files);
    OwnerOnly.file(log);
    Orphan.stop(pidFile, "redis");
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
    if (Files.isDirectory(binaries) && !OwnerOnly.isUntouched(binaries)) {
      // Somebody else may have put another program there.
      OwnerOnly.delete(binaries);
    }
    if (known == null || !Files.isExecutable(known)) {
      known =
          ExecutableProvider.newJarResourceProvider(OwnerOnly.folder(binaries).toFile())
              .get()
              .toPath()
              .toAbsolutePath();
      Files.setPosixFilePermissions(known, PosixFilePermissions.fromString("rwx------"));
      unpacked = known;
    }
    return known;
  }

  /** In a file, because arguments can be seen by every user of the machine. */
  private Path configuration() throws IOException {
    Path file = OwnerOnly.file(files.resolve("redis.conf"));
    List<String> lines = new ArrayList<>(settings);
    lines.addAll(
        List.of(
            "bind 127.0.0.1",
            "port " + port,
            "dir \"" + files + "\"",
            "pidfile \"" + pidFile + "\"",
            "requirepass " + password,
            "save \"\""));
    return Files.write(file, lines);
  }

  /** It listens before it has read its files, and answers with an error until then. */
  private void awaitReady(Process started) throws IOException {
    long end = System.nanoTime() + START.toNanos();
    while (!ask().contains("+PONG")) {
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

  /** Any answer will do, also one that says why it cannot do more. */
  @Override
  public boolean answers() {
    return !ask().isEmpty();
  }

  /** What it says to a PING; empty when it says nothing. */
  private String ask() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), SOCKET_MILLIS);
      socket.setSoTimeout(SOCKET_MILLIS);
      socket
          .getOutputStream()
          .write(("AUTH " + password + "\r\nPING\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      // Nobody listens, or answers in time.
      return "";
    }
  }

  @Override
  public boolean isAlive() {
    // Redis has written the file before it was ready, and removes it when it is asked to end.
    return PidFile.process(pidFile).isPresent();
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
