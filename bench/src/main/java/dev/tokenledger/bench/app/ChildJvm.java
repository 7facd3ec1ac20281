package dev.tokenledger.bench.app;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts what is measured in a virtual machine of its own, of the same kind as this one. */
public final class ChildJvm {
  private ChildJvm() {}

  /** A port of this machine that nobody listens on just now. */
  public static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  /**
   * @param options of the virtual machine
   * @param program what is run in it, and its arguments
   * @param log gets all that it prints
   */
  public static Process start(List<String> options, List<String> program, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(program);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }
}
