package dev.tokenledger.standalone.product;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Real data that lies beside the checkout; a test that needs it fails where it is missing. */
final class SharedData {
  private SharedData() {}

  static Path path(String relative) {
    String root = System.getProperty("tokenledger.shared-data");
    if (root == null) {
      throw new IllegalStateException("set -Dtokenledger.shared-data to the folder of real data");
    }
    Path path = Path.of(root, relative).normalize();
    if (!Files.exists(path)) {
      throw new IllegalStateException(
          "real data is missing: " + path.toAbsolutePath() + " (see tokenledger.shared-data)");
    }
    return path;
  }

  static List<String> files(String folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(path(folder))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(suffix))
          .sorted()
          .toList();
    }
  }
}
