package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDatabaseTest {
  @TempDir private Path folder;

  @Test
  void aClusterThatTrustedEverybodyAsksForItsPasswordFromTheNextStartOn() throws Exception {
    try (DataDirectory directory = DataDirectory.open(folder.resolve("data"))) {
      EmbeddedDatabase database = new EmbeddedDatabase(directory);
      Path access = directory.resolve("postgres/pg_hba.conf");
      String password = directory.secret("postgres");
      try {
        database.start();
        assertThat(trusting(access)).isEmpty();
        // As a first start of an earlier version was when it was killed.
        execute(database, password, "ALTER USER postgres PASSWORD NULL");
        database.stop();
        Files.write(access, List.of("host all all 127.0.0.1/32 trust", "local all all trust"));
        Path programs = directory.resolve("postgres-binaries");
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path foreign = Files.writeString(programs.resolve("foreign"), "");

        database.start();

        assertThat(trusting(access)).isEmpty();
        assertThat(foreign).doesNotExist();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(programs)))
            .isEqualTo("rwx------");
        execute(database, password, "SELECT 1");
        assertThatThrownBy(() -> execute(database, "another", "SELECT 1"))
            .isInstanceOf(SQLException.class);
        assertThat(database.answers()).isTrue();
      } finally {
        database.stop();
      }
      assertThat(database.answers()).isFalse();
    }
  }

  private static void execute(EmbeddedDatabase database, String password, String sql)
      throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.url(), EmbeddedDatabase.OWNER, password);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> trusting(Path access) throws IOException {
    return Files.readAllLines(access).stream()
        .filter(line -> !line.startsWith("#") && line.endsWith("trust"))
        .toList();
  }
}
