package dev.tokenledger.bench.nab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files, labels and profiles below a directory laid out as the benchmark's repository is.
 *
 * @param series by group and name
 * @param profiles in the order of the file
 */
record NabCorpus(List<NabSeries> series, List<NabProfile> profiles) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSS]");

  NabCorpus {
    series = List.copyOf(series);
    profiles = List.copyOf(profiles);
  }

  /**
   * @throws IOException if a file is missing, or a window begins or ends where there is no row
   */
  static NabCorpus read(Path directory) throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode windows =
        json.readTree(Files.readString(directory.resolve("labels/combined_windows.json")));
    List<NabSeries> series = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
      for (Path file :
          files
              .filter(path -> path.toString().endsWith(".csv"))
              .sorted(Comparator.comparing(Path::toString))
              .toList()) {
        series.add(series(file, windows));
      }
    }
    List<NabProfile> profiles = new ArrayList<>();
    json.readTree(Files.readString(directory.resolve("config/profiles.json")))
        .properties()
        .forEach(
            entry -> {
              JsonNode costs = entry.getValue().path("CostMatrix");
              profiles.add(
                  new NabProfile(
                      entry.getKey(),
                      costs.path("tpWeight").asDouble(),
                      costs.path("fpWeight").asDouble(),
                      costs.path("fnWeight").asDouble()));
            });
    return new NabCorpus(series, profiles);
  }

  private static NabSeries series(Path file, JsonNode allWindows) throws IOException {
    List<String> lines = Files.readAllLines(file);
    List<Instant> times = new ArrayList<>();
    double[] values = new double[lines.size() - 1];
    for (int i = 1; i < lines.size(); i++) {
      int comma = lines.get(i).indexOf(',');
      times.add(time(lines.get(i).substring(0, comma)));
      values[i - 1] = Double.parseDouble(lines.get(i).substring(comma + 1));
    }
    String group = file.getParent().getFileName().toString();
    String name = file.getFileName().toString();
    List<NabSeries.Window> windows = new ArrayList<>();
    for (JsonNode window : allWindows.path(group + "/" + name)) {
      int first = times.indexOf(time(window.path(0).asText()));
      int last = times.indexOf(time(window.path(1).asText()));
      if (first < 0 || last < first) {
        throw new IOException(name + " has no rows at both ends of the window " + window);
      }
      windows.add(new NabSeries.Window(first, last));
    }
    return new NabSeries(
        group, name.substring(0, name.length() - ".csv".length()), times, values, windows);
  }

  private static Instant time(String text) {
    return LocalDateTime.parse(text, TIME).toInstant(ZoneOffset.UTC);
  }
}
