package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file in whose first line a store has written its process id; it removes the file at its end.
 */
final class PidFile {
  private PidFile() {}

  /** The process of the file, if it runs. */
  static Optional<ProcessHandle> process(Path file) {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      return Files.readAllLines(file).stream()
          .findFirst()
          .map(String::strip)
          .filter(line -> line.matches("\\d{1,10}"))
          .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
          .filter(ProcessHandle::isAlive);
    } catch (IOException e) {
      // Removed between the two looks.
      return Optional.empty();
    }
  }
}
