package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * A store's process that has outlived the one that started it, as after a SIGKILL. It must be gone
 * before its files are opened again.
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
    if (!Files.exists(pidFile)) {
      return;
    }
    Optional<String> line = Files.readAllLines(pidFile).stream().findFirst();
    if (line.isEmpty() || !line.get().strip().matches("\\d{1,10}")) {
      return;
    }
    Optional<ProcessHandle> process =
        ProcessHandle.of(Long.parseLong(line.get().strip()))
            .filter(p -> p.info().command().map(c -> c.contains(command)).orElse(false));
    if (process.isEmpty()) {
      return;
    }
    LOG.infof("stopping %s that an earlier process left behind", command);
    process.get().destroy();
    try {
      process.get().onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      process.get().destroyForcibly();
    } catch (ExecutionException e) {
      throw new IOException("cannot stop the " + command + " left behind", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping the " + command + " left behind", e);
    }
  }
}
