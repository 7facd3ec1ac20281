package dev.tokenledger.bench;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Options of a command: {@code --name value}. One that the command does not know is an error. */
final class Options {
  private final Map<String, String> values;

  private Options(Map<String, String> values) {
    this.values = values;
  }

  /**
   * @throws IllegalArgumentException if an option is not known or has no value
   */
  static Options parse(List<String> args, Set<String> known) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.size(); i += 2) {
      String name = args.get(i);
      if (!name.startsWith("--") || !known.contains(name.substring(2))) {
        throw new IllegalArgumentException(
            "'" + name + "' is not known here; known are " + String.join(", ", known));
      }
      if (i + 1 == args.size()) {
        throw new IllegalArgumentException(name + " needs a value");
      }
      values.put(name.substring(2), args.get(i + 1));
    }
    return new Options(values);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  String required(String name) {
    return text(name).orElseThrow(() -> new IllegalArgumentException("--" + name + " is missing"));
  }

  Optional<Path> path(String name) {
    return text(name).map(Path::of);
  }

  URI uri(String name, String otherwise) {
    return URI.create(text(name, otherwise));
  }

  int number(String name, int otherwise) {
    return text(name).map(Integer::parseInt).orElse(otherwise);
  }

  /** Seconds, as {@code 20}. */
  Duration seconds(String name, int otherwise) {
    return Duration.ofSeconds(number(name, otherwise));
  }
}
