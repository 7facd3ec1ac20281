package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that people start, over a program in the place of Java that ends as it is told. */
class ScriptIT {
  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path folder;

  @Test
  void whatCannotGoOnIsStartedAgainUntilItEndsByItself() throws Exception {
    Process script = up("set -- 75 3 134 7; shift $n; exit $1");
    assertThat(script.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(7);
    assertThat(starts()).isEqualTo(4);
    assertThat(output()).contains("exit code 75", "exit code 3", "exit code 134");
  }

  @Test
  void aFailureIsNotRepeated() throws Exception {
    Process script = up("exit 1");
    assertThat(script.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(1);
    assertThat(starts()).isEqualTo(1);
  }

  @Test
  void aSignalReachesWhatRunsAndNothingIsStartedAfterIt() throws Exception {
    Process script = up("trap 'echo heard; exit 143' TERM; while :; do sleep 0.1; done");
    Eventually.holds(
        "started", java.time.Duration.ofSeconds(PATIENCE_SECONDS), () -> starts() == 1);
    script.destroy();
    assertThat(script.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(143);
    assertThat(output()).contains("heard");
    assertThat(starts()).isEqualTo(1);
  }

  @Test
  void aSignalEndsThePauseBeforeTheNextStart() throws Exception {
    Process script = up("exit 75");
    Eventually.holds(
        "a pause", java.time.Duration.ofSeconds(PATIENCE_SECONDS), () -> starts() == 3);
    script.destroy();
    assertThat(script.waitFor(2, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(143);
  }

  /** What it gets ahead of it: {@code n}, the number of starts before this one. */
  private Process up(String body) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
    program(bin.resolve("javac"), "exit 0");
    program(
        bin.resolve("java"),
        "[ \"$1\" != -version ] || { echo 'openjdk version \"17.0.1\"' >&2; exit 0; }\n"
            + "n=$(cat '"
            + folder.resolve("starts")
            + "' 2>/dev/null | wc -l); echo >>'"
            + folder.resolve("starts")
            + "'\n"
            + body);
    Path home = Path.of(JavaApplication.property("tokenledger.home"));
    // So that it does not look whether there is something to build.
    Path app = Path.of(JavaApplication.property("tokenledger.app"));
    Files.setLastModifiedTime(
        app, java.nio.file.attribute.FileTime.from(java.time.Instant.now().plusSeconds(60)));
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                "env",
                "--default-signal=INT",
                home.resolve("tokenledger").toString(),
                "up",
                "--data",
                folder.resolve("data").toString()));
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("output").toFile())
        .start();
  }

  private static void program(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private long starts() throws IOException {
    Path starts = folder.resolve("starts");
    return Files.exists(starts) ? Files.readAllLines(starts).size() : 0;
  }

  private String output() throws IOException {
    return Files.readString(folder.resolve("output"), StandardCharsets.UTF_8);
  }
}
