package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir private Path folder;

  @Test
  void aNewDirectoryIsForItsOwnerAlone() throws IOException {
    Path root = folder.resolve("a").resolve("data");
    try (DataDirectory directory = DataDirectory.open(root)) {
      directory.secret("postgres");
      assertThat(mode(root)).isEqualTo("rwx------");
      assertThat(mode(root.resolve("secrets"))).isEqualTo("rwx------");
      assertThat(mode(root.resolve("secrets/postgres"))).isEqualTo("rw-------");
    }
  }

  @Test
  void whatAnEarlierVersionLeftOpenIsClosed() throws IOException {
    Path root = folder.resolve("data");
    DataDirectory.open(root).close();
    Path file = root.resolve("redis/appendonly.aof");
    Files.createDirectory(root.resolve("redis"));
    Files.writeString(file, "events");
    Files.writeString(root.resolve("postgres.log"), "statements");
    setMode(root, "rwxr-xr-x");
    setMode(root.resolve("redis"), "rwxrwxrwx");
    setMode(file, "rw-r--r--");
    setMode(root.resolve("postgres.log"), "rw-rw-rw-");

    DataDirectory.open(root).close();

    assertThat(mode(root)).isEqualTo("rwx------");
    assertThat(mode(root.resolve("redis"))).isEqualTo("rwx------");
    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(mode(root.resolve("postgres.log"))).isEqualTo("rw-------");
  }

  @Test
  void aDirectoryOfManyIsNeitherUsedNorClosed() throws IOException {
    Files.writeString(folder.resolve("somebody's"), "");
    setMode(folder, "rwxrwxrwx");

    assertThatThrownBy(() -> DataDirectory.open(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("others may write to")
        .hasMessageContaining("--data");

    assertThat(mode(folder)).isEqualTo("rwxrwxrwx");
    assertThat(folder.resolve("lock")).doesNotExist();
  }

  @Test
  void aFileInItsPlaceAndADirectoryInUseAreSaid() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> DataDirectory.open(file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is no directory");
    Path root = folder.resolve("data");
    try (DataDirectory used = DataDirectory.open(root)) {
      assertThatThrownBy(() -> DataDirectory.open(root))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another TokenLedger uses " + root);
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static void setMode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }
}
