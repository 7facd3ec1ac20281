package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The disk of the data directory is full for a while: what was acknowledged stays, answers say so,
 * and work goes on when there is room. The disk is a small file system of its own.
 */
class FullDiskIT {
  private static final Duration FULL = Duration.ofSeconds(90);
  private static final Duration RECOVERY = Duration.ofSeconds(120);

  private final Path disk = Path.of(JavaApplication.property("tokenledger.work"), "full-disk");

  @BeforeEach
  void mount() throws Exception {
    Files.createDirectories(disk);
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=640m", "none", disk.toString()) == 0,
        "only root may mount a small file system, so a full disk is not tried here");
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", "--lazy", disk.toString());
  }

  @Test
  void whatWasAcknowledgedStaysAndWorkGoesOnWhenThereIsRoom() throws Exception {
    Path filler = disk.resolve("filler");
    try (TokenLedgerProcess product = TokenLedgerProcess.start("full-disk/data")) {
      Ledger ledger = product.ledger();
      Ledger.Totals before = ledger.settled();
      try (Senders senders = new Senders(product, "full")) {
        senders.awaitMore(10);
        fill(filler);
        int felt = senders.repeated() + 20;
        Eventually.holds(
            "the full disk is felt",
            FULL,
            () -> {
              fill(filler);
              return senders.repeated() >= felt;
            });
        assertThat(product.api("").get("/q/health/live").status()).isEqualTo(200);
        Files.delete(filler);
        Eventually.holds("it is ready again", RECOVERY, () -> product.api("").isReady());
        senders.awaitMore(10);
        senders.end();
        assertThat(senders.statuses()).isSubsetOf(202, 503);
        assertThat(senders.refusedWithoutRetryAfter()).isEmpty();
        assertThat(ledger.settled().minus(before).rows()).isEqualTo(senders.acknowledgedEvents());
      }
      new LedgerProof(product).holds();
    }
  }

  /** Takes all room that is left. */
  private static void fill(Path filler) throws IOException {
    byte[] block = new byte[64 * 1024];
    for (int length = block.length; length > 0; length /= 2) {
      try (OutputStream out =
          Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        while (true) {
          out.write(block, 0, length);
        }
      } catch (IOException full) {
        // Less may still fit.
        continue;
      }
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
