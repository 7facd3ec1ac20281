package dev.tokenledger.standalone;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Starts children in a session of their own. Ctrl-C goes to every process of the terminal's group;
 * a store that ends at the same moment as those who use it lets them fail instead of finish. Where
 * {@code setsid} is missing, children are started as they are.
 *
 * <p>Files that they make are for their owner alone.
 */
final class OwnSession {
  private static final Optional<String> SETSID =
      Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
          .map(folder -> Path.of(folder, "setsid"))
          .filter(Files::isExecutable)
          .map(Path::toString)
          .findFirst();

  /** A virtual machine cannot set its own umask, which children would have from it. */
  private static final List<String> WITH_UMASK =
      List.of("/bin/sh", "-c", "umask 077; exec \"$0\" \"$@\"");

  private OwnSession() {}

  /** The process has the id of the command itself: what comes before becomes what it starts. */
  static ProcessBuilder of(List<String> command) {
    List<String> whole = new ArrayList<>();
    SETSID.ifPresent(whole::add);
    whole.addAll(WITH_UMASK);
    whole.addAll(command);
    return new ProcessBuilder(whole);
  }
}
