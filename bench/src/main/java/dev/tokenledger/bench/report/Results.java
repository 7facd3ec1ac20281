package dev.tokenledger.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The figures of a run as a Markdown file, and on the console as they come. Not thread-safe. */
public final class Results {
  private final StringBuilder text = new StringBuilder();

  public Results(Machine machine, String commit, String command) {
    text.append("# Figures\n\n");
    text.append("Written by the benchmark; do not edit. Everything, the load generator included,")
        .append(" ran on the one machine.\n\n");
    table(
        List.of("", ""),
        List.of(
            List.of("machine", machine.text()),
            List.of("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()),
            List.of("commit", commit),
            List.of("command", '`' + command + '`')));
  }

  public void section(String title, String explanation) {
    text.append("\n## ").append(title).append("\n\n").append(explanation).append("\n\n");
    System.out.println();
    System.out.println(title);
  }

  public void table(List<String> head, List<List<String>> rows) {
    row(head);
    row(head.stream().map(cell -> "---").toList());
    rows.forEach(
        row -> {
          row(row);
          System.out.println("  " + String.join("  ", row));
        });
  }

  /** Text as it is, in a fixed width. */
  public void verbatim(String lines) {
    text.append("```\n").append(lines.stripTrailing()).append("\n```\n");
    System.out.println(lines);
  }

  private void row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  public void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text);
  }
}
