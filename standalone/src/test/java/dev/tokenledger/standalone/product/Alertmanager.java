package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.testsupport.NeededProgram;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An Alertmanager as the distribution has it, on a free port, that tells nobody. */
final class Alertmanager implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/prometheus-alertmanager");

  private final Path folder;
  private final int port;
  private final Process process;
  private final Thread atExit;

  Alertmanager() throws Exception {
    Path program = NeededProgram.at(PROGRAM, "prometheus-alertmanager");
    folder = Files.createTempDirectory("tokenledger-alertmanager");
    port = JavaApplication.freePort();
    Path config = folder.resolve("alertmanager.yml");
    Files.writeString(config, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n");
    process =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + config,
                "--storage.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--cluster.listen-address=")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
    Eventually.holds("Alertmanager is ready; see " + folder, Duration.ofSeconds(30), this::isReady);
  }

  private boolean isReady() {
    try {
      return api().get("/-/ready").status() == 200;
    } catch (IOException e) {
      // Nobody listens yet.
      return false;
    }
  }

  private Api api() {
    return new Api(URI.create(url()), "");
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The alerts that are not over. */
  JsonNode alerts() throws IOException {
    return api().get("/api/v2/alerts").json();
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    process.waitFor();
    Runtime.getRuntime().removeShutdownHook(atExit);
    JavaApplication.delete(folder);
  }
}
