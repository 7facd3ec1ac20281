package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * A child that has outlived the process that started it, as after a SIGKILL. It must be gone before
 * its files or its port are taken again.
 */
final class Orphan {
  private static final Logger LOG = Logger.getLogger(Orphan.class);
  private static final long STOP_SECONDS = 20;

  private Orphan() {}

  /**
   * Stops the process whose id is in the first line of the file, if it runs and is what its command
   * says. A process id that has gone to another program is left alone.
   */
  static void stop(Path pidFile, String command) throws IOException {
    Optional<ProcessHandle> left =
        find(
            pidFile,
            process -> process.info().command().map(c -> c.contains(command)).orElse(false));
    if (left.isPresent()) {
      stop(List.of(left.get()), command);
    }
  }

  /**
   * @param isOurs whether the process with the id in the file is the one that was started
   */
  static Optional<ProcessHandle> find(Path pidFile, Predicate<ProcessHandle> isOurs)
      throws IOException {
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    return Files.readAllLines(pidFile).stream()
        .findFirst()
        .map(String::strip)
        .filter(line -> line.matches("\\d{1,10}"))
        .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
        .filter(isOurs);
  }

  /**
   * Asks all to stop and waits until they have; kills them after a while.
   *
   * @param what their name in the log
   */
  static void stop(List<ProcessHandle> left, String what) throws IOException {
    LOG.infof("stopping %s that an earlier process left behind", what);
    left.forEach(ProcessHandle::destroy);
    CompletableFuture<Void> end =
        CompletableFuture.allOf(
            left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new));
    try {
      end.get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      left.forEach(ProcessHandle::destroyForcibly);
    } catch (ExecutionException e) {
      throw new IOException("cannot stop the " + what + " left behind", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping the " + what + " left behind", e);
    }
  }
}
