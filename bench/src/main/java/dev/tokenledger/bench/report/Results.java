package dev.tokenledger.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The figures of a run as a Markdown file, and on the console as they come. Each section says where
 * and when it was measured; sections of the file that this run has not measured stay. Not
 * thread-safe.
 */
public final class Results {
  private static final String HEAD =
      "# Figures\n\nWritten by the benchmark; do not edit. Everything, the load generator included,"
          + " ran on the one machine.\n";

  private static final String SECTION = "\n## ";

  private final Map<String, StringBuilder> sections = new LinkedHashMap<>();
  private final String origin;
  private StringBuilder text = new StringBuilder();

  public Results(Machine machine, String commit, String command) {
    this.origin =
        Instant.now().truncatedTo(ChronoUnit.SECONDS)
            + ", commit "
            + commit
            + ", "
            + machine.text()
            + ": `"
            + command
            + "`";
  }

  public void section(String title, String explanation) {
    text = new StringBuilder().append(explanation).append("\n\n");
    text.append("<sub>").append(origin).append("</sub>\n\n");
    sections.put(title, text);
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
    text.append("\n```\n").append(lines.stripTrailing()).append("\n```\n\n");
    System.out.println(lines);
  }

  private void row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /** Puts the sections measured so far into a file, in the places of older ones of their names. */
  public void write(Path file) throws IOException {
    Map<String, String> all = Files.exists(file) ? read(file) : new LinkedHashMap<>();
    sections.forEach((title, section) -> all.put(title, section.toString()));
    StringBuilder whole = new StringBuilder(HEAD);
    all.forEach(
        (title, section) ->
            whole
                .append(SECTION)
                .append(title)
                .append("\n\n")
                .append(section.strip())
                .append('\n'));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, whole);
  }

  private static Map<String, String> read(Path file) throws IOException {
    Map<String, String> sections = new LinkedHashMap<>();
    String[] parts = Files.readString(file).split(SECTION);
    for (int i = 1; i < parts.length; i++) {
      int end = parts[i].indexOf('\n');
      sections.put(parts[i].substring(0, end), parts[i].substring(end + 1));
    }
    return sections;
  }
}
