package dev.tokenledger.bench.traffic;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How many tokens calls have. Input and output of a recorded call are drawn together, since they
 * depend on each other. Thread-safe.
 */
public interface TokenLengths {
  /** Tokens of one call. */
  record Lengths(int input, int output) {}

  Lengths next(SplittableRandom random);

  /**
   * Log-normal lengths for when no trace is at hand: medians of 1,100 tokens in and 100 out, with
   * the long tails that published traces of chat and coding traffic have; cut at 128,000 and 8,000.
   */
  static TokenLengths logNormal() {
    return random ->
        new Lengths(
            (int) Math.min(128_000, Math.max(1, Math.exp(7.0 + 1.0 * random.nextGaussian()))),
            (int) Math.min(8_000, Math.max(1, Math.exp(4.6 + 1.1 * random.nextGaussian()))));
  }

  /**
   * Lengths drawn from a recorded trace: CSV with a header and the columns time, context tokens,
   * generated tokens, as the Azure LLM inference traces have.
   */
  static TokenLengths recorded(Path csv) throws IOException {
    List<Lengths> calls = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(csv)) {
      lines.readLine();
      String line;
      while ((line = lines.readLine()) != null) {
        String[] cells = line.split(",");
        calls.add(
            new Lengths(Integer.parseInt(cells[1].trim()), Integer.parseInt(cells[2].trim())));
      }
    }
    if (calls.isEmpty()) {
      throw new IOException(csv + " has no calls");
    }
    return random -> calls.get(random.nextInt(calls.size()));
  }
}
