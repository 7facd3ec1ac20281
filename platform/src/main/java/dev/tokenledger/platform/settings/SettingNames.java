package dev.tokenledger.platform.settings;

import io.smallrye.config.ConfigMappings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The settings that a process knows, to tell those that are misspelled. All services are given the
 * same options, so a process leaves the settings of those that it is not to them. Immutable.
 */
public final class SettingNames {
  private static final String PREFIX = "tokenledger.";

  /** The sections that belong to one process alone. */
  private static final List<String> SECTIONS =
      List.of("ingest", "aggregation", "alerting", "reporting", "gateway");

  /** What the launcher tells the processes, and they each other; not for users. */
  private static final List<String> INTERNAL =
      List.of("tokenledger.home", "tokenledger.launcher", "tokenledger.services.");

  /** What {@code ./tokenledger} reads, and the values of {@code bootstrap.env}. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "TOKENLEDGER_HEAP",
          "TOKENLEDGER_YOUNG",
          "TOKENLEDGER_JAVA_OPTIONS",
          "TOKENLEDGER_ADMIN_KEY",
          "TOKENLEDGER_INGEST_KEY",
          "TOKENLEDGER_LANGFUSE_PUBLIC_KEY",
          "TOKENLEDGER_LANGFUSE_SECRET_KEY");

  /** One letter of so many may be wrong in a name for another one to be suggested. */
  private static final int NEAR = 3;

  private final Set<String> known;
  private final List<String> foreign = new ArrayList<>();

  private SettingNames(Set<String> known) {
    this.known = known;
    for (String section : SECTIONS) {
      String prefix = PREFIX + section + ".";
      if (known.stream().noneMatch(name -> name.startsWith(prefix))) {
        foreign.add(prefix);
      }
    }
  }

  /**
   * @param mappings interfaces with {@link io.smallrye.config.ConfigMapping}
   * @param more names of a process whose mappings are not on the class path
   */
  public static SettingNames of(Collection<Class<?>> mappings, Collection<String> more) {
    Set<String> names = new TreeSet<>(more);
    for (Class<?> mapping : mappings) {
      names.addAll(
          ConfigMappings.getProperties(ConfigMappings.ConfigClass.configClass(mapping)).keySet());
    }
    return new SettingNames(names);
  }

  /** What is wrong with each of the names that is no setting, in a sentence. */
  public List<String> faults(Iterable<String> names) {
    List<String> faults = new ArrayList<>();
    for (String name : names) {
      if (name.startsWith(PREFIX) && !isKnown(name)) {
        faults.add("there is no setting " + name + hint(nearest(name, known)));
      }
    }
    return faults;
  }

  private boolean isKnown(String name) {
    return known.contains(name)
        || INTERNAL.stream().anyMatch(name::startsWith)
        || foreign.stream().anyMatch(name::startsWith)
        || known.stream().anyMatch(pattern -> isOfMap(pattern, name));
  }

  /** Whether a name is one with a key of the caller's, as {@code tokenledger.a.b.*}. */
  private static boolean isOfMap(String pattern, String name) {
    return pattern.endsWith(".*") && name.startsWith(pattern.substring(0, pattern.length() - 1));
  }

  /**
   * As {@link #faults}, for names of environment variables. Others than we put variables of our
   * prefix there, so that these are no reason to refuse the start.
   */
  public List<String> faultsOfEnvironment(Iterable<String> variables) {
    Set<String> settings = new TreeSet<>();
    known.forEach(name -> settings.add(variable(name)));
    List<String> faults = new ArrayList<>();
    for (String variable : variables) {
      if (variable.startsWith(variable(PREFIX))
          && !settings.contains(variable)
          && !OTHER_VARIABLES.contains(variable)
          && foreign.stream().noneMatch(prefix -> variable.startsWith(variable(prefix)))
          && settings.stream()
              .noneMatch(
                  pattern ->
                      pattern.endsWith("__")
                          && variable.startsWith(pattern.substring(0, pattern.length() - 1)))) {
        faults.add(
            "the environment variable "
                + variable
                + " is no setting"
                + hint(nearest(variable, settings)));
      }
    }
    return faults;
  }

  private static String variable(String name) {
    return name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
  }

  private static String hint(Optional<String> nearest) {
    return nearest
        .map(name -> "; is " + name + " meant?")
        .orElse("; docs/configuration.md lists what there is");
  }

  private static Optional<String> nearest(String name, Set<String> among) {
    int most = Math.max(2, (name.length() - PREFIX.length()) / NEAR);
    return among.stream()
        .filter(candidate -> distance(name, candidate) <= most)
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)));
  }

  /** The least number of letters to insert, take out or replace that makes one of the other. */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }
}
