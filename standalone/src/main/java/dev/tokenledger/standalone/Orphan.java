package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
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
    stop(
        pidFile,
        command,
        process -> process.info().command().map(c -> c.contains(command)).orElse(false));
  }

  /**
   * @param what its name in the log
   * @param isOurs whether the process with the id in the file is the one that was started
   */
  static void stop(Path pidFile, String what, Predicate<ProcessHandle> isOurs) throws IOException {
    if (!Files.exists(pidFile)) {
      return;
    }
    Optional<String> line = Files.readAllLines(pidFile).stream().findFirst();
    if (line.isEmpty() || !line.get().strip().matches("\\d{1,10}")) {
      return;
    }
    Optional<ProcessHandle> process =
        ProcessHandle.of(Long.parseLong(line.get().strip())).filter(isOurs);
    if (process.isEmpty()) {
      return;
    }
    LOG.infof("stopping %s that an earlier process left behind", what);
    process.get().destroy();
    try {
      process.get().onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      process.get().destroyForcibly();
    } catch (ExecutionException e) {
      throw new IOException("cannot stop the " + what + " left behind", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping the " + what + " left behind", e);
    }
  }
}
