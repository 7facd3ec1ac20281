package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryDimension;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads rules as they are sent; refusals name the field. */
final class RuleParser {
  private static final Pattern SHORT = Pattern.compile("([0-9]{1,6})([mhd])");
  private static final Pattern LABEL = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
  private static final Duration LONGEST = Duration.ofDays(30);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final int MAX_NAME = 200;
  private static final int MAX_LABELS = 20;
  private static final int MAX_LABEL_VALUE = 200;
  private static final int MAX_CHANNELS = 50;
  private static final int MAX_WINDOWS = 30;
  private static final int DEFAULT_WINDOWS = 7;

  /** Beyond this, numbers are mistakes; and a bound on digits bounds the work on them. */
  private static final int MAX_DIGITS = 30;

  private RuleParser() {}

  /** The rule as it is after a change. */
  static Rule changed(Rule rule, RuleBody body) {
    String measure = body.measure() == null ? rule.measure() : measure(body.measure());
    Map<String, List<String>> filters =
        body.filters() == null ? rule.filters() : filters(body.filters());
    String per = body.per() == null ? rule.per() : per(body.per());
    Duration window = body.window() == null ? rule.window() : window(body.window());
    Comparison comparison = comparison(rule, body, window);
    checkWindow(measure, filters, per, window, comparison);
    NoData noData = body.noData() == null ? rule.noData() : noData(body.noData());
    return new Rule(
        rule.id(),
        rule.tenantId(),
        body.name() == null ? rule.name() : name(body.name()),
        measure,
        filters,
        per,
        window,
        body.operator() == null ? rule.operator() : operator(body.operator()),
        comparison,
        body.holdFor() == null ? rule.holdFor() : holdFor(body.holdFor()),
        noData,
        body.minimum() == null ? rule.minimum() : minimum(body.minimum()),
        body.severity() == null ? rule.severity() : severity(body.severity()),
        body.timezone() == null ? rule.zone() : zone(body.timezone()),
        body.labels() == null ? rule.labels() : labels(body.labels()),
        body.channels() == null ? rule.channels() : channels(body.channels()),
        body.enabled() == null ? rule.enabled() : body.enabled(),
        rule.version(),
        rule.note(),
        rule.createdAt());
  }

  /** Checks what a new rule cannot do without. */
  static void checkComplete(RuleBody body) {
    if (body.name() == null) {
      throw invalid("name", "'name' is missing.");
    }
    if (body.measure() == null) {
      throw invalid(
          "measure", "'measure' is missing. Send one of the query API, such as cost_usd.");
    }
    if (body.window() == null) {
      throw invalid("window", "'window' is missing. Send a length of time, such as 1h.");
    }
    if (body.operator() == null) {
      throw invalid("operator", "'operator' is missing. It is >, >=, < or <=.");
    }
    if (body.threshold() == null && body.changePercent() == null && body.deviations() == null) {
      throw invalid("threshold", "Send one of 'threshold', 'change_percent' and 'deviations'.");
    }
  }

  /**
   * The buckets in which a rule's measure can be taken: of the cuboids that keep its dimensions
   * together, the finest.
   */
  static Grain grain(String measure, Map<String, List<String>> filters, @Nullable String per) {
    List<QueryDimension> asked = new ArrayList<>(Query.filters(filters).keySet());
    if (per != null) {
      asked.addAll(Query.dimensions(List.of(per)));
    }
    Set<Dimension> needed = EnumSet.noneOf(Dimension.class);
    Set<String> tags = new LinkedHashSet<>();
    for (QueryDimension dimension : asked) {
      needed.add(dimension.dimension());
      if (dimension.tagKey() != null) {
        needed.add(Dimension.TAG_KEY);
        tags.add(dimension.tagKey());
      }
    }
    boolean sketched = Query.measures(List.of(measure)).get(0).needsSketches();
    Optional<Grain> finest =
        Arrays.stream(Cuboid.values())
            .filter(cuboid -> cuboid.covers(needed) && (cuboid.isSketched() || !sketched))
            .filter(cuboid -> cuboid != Cuboid.TAG || !tags.isEmpty())
            .map(Cuboid::finestGrain)
            .min(Comparator.naturalOrder());
    if (finest.isEmpty() || tags.size() > 1) {
      throw invalid(
          "filters",
          "These dimensions are not kept together"
              + (sketched ? " with percentiles or distinct counts" : "")
              + ", so that a rule could look at them all the time. Model, provider, agent, feature,"
              + " status and error type go with each other; a user, a prompt, a tool, an API"
              + " key or a tag with few others.");
    }
    return finest.get();
  }

  private static void checkWindow(
      String measure,
      Map<String, List<String>> filters,
      @Nullable String per,
      Duration window,
      Comparison comparison) {
    Duration grain = grain(measure, filters, per).length();
    if (window.toSeconds() % grain.toSeconds() != 0) {
      throw invalid(
          "window",
          "These dimensions are kept by the "
              + (grain.equals(DAY) ? "day" : "hour")
              + ": 'window' must be whole "
              + (grain.equals(DAY) ? "days." : "hours."));
    }
    Duration step =
        switch (comparison.step()) {
          case PREVIOUS -> LONGEST;
          case DAY -> DAY;
          case WEEK -> WEEK;
        };
    if (window.compareTo(step) > 0) {
      throw invalid(
          "against", "'window' is longer than the time from one compared window to the next.");
    }
  }

  private static String name(String name) {
    if (name.isBlank() || name.length() > MAX_NAME) {
      throw invalid("name", "'name' must have 1 to " + MAX_NAME + " characters.");
    }
    return name.strip();
  }

  private static String measure(String measure) {
    return renamed("measure", () -> Query.measures(List.of(measure)).get(0).name());
  }

  /** Filters as they were sent, checked. */
  static Map<String, List<String>> filters(Map<String, List<String>> filters) {
    renamed("filters", () -> Query.filters(filters));
    return filters;
  }

  private static @Nullable String per(String per) {
    return per.isEmpty()
        ? null
        : renamed("per", () -> Query.dimensions(List.of(per)).get(0).name());
  }

  /** What the query API says of a parameter, said of a rule's field. */
  private static <T> T renamed(String field, Supplier<T> read) {
    try {
      return read.get();
    } catch (ProblemException e) {
      throw new ProblemException(ProblemCode.INVALID_FIELD, String.valueOf(e.getMessage()), e)
          .with("field", field);
    }
  }

  private static Duration window(String text) {
    Duration window = length("window", text);
    if (window.isZero() || window.compareTo(LONGEST) > 0) {
      throw invalid("window", "'window' must be from a minute to 30 days.");
    }
    return window;
  }

  private static Duration holdFor(String text) {
    Duration holdFor = length("for", text);
    if (holdFor.compareTo(LONGEST) > 0) {
      throw invalid("for", "'for' must be 30 days at most.");
    }
    return holdFor;
  }

  private static Duration length(String field, String text) {
    Matcher matcher = SHORT.matcher(text);
    Duration length;
    if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      length =
          switch (matcher.group(2)) {
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
          };
    } else {
      try {
        length = Duration.parse(text);
      } catch (DateTimeException e) {
        throw invalid(
            field, "'" + field + "' must be a length of time, as 5m, 1h, 24h, 7d or PT90M.", e);
      }
    }
    if (length.isNegative() || length.toSeconds() % 60 != 0 || length.getNano() != 0) {
      throw invalid(field, "'" + field + "' must be whole minutes.");
    }
    return length;
  }

  private static Operator operator(String text) {
    return Operator.of(text)
        .orElseThrow(() -> invalid("operator", "'operator' is >, >=, < or <=."));
  }

  private static Comparison comparison(Rule rule, RuleBody body, Duration window) {
    int sent =
        (body.threshold() == null ? 0 : 1)
            + (body.changePercent() == null ? 0 : 1)
            + (body.deviations() == null ? 0 : 1);
    if (sent > 1) {
      throw invalid(
          "threshold", "Send one of 'threshold', 'change_percent' and 'deviations', not several.");
    }
    if (body.threshold() != null) {
      return new Comparison.Threshold(number("threshold", body.threshold()));
    }
    Comparison known = rule.comparison();
    if (body.changePercent() != null
        || (body.deviations() == null && known instanceof Comparison.Change)) {
      Comparison.Change before =
          known instanceof Comparison.Change change
              ? change
              : new Comparison.Change(BigDecimal.ZERO, Window.Step.PREVIOUS);
      return new Comparison.Change(
          body.changePercent() == null
              ? before.percent()
              : number("change_percent", body.changePercent()),
          body.against() == null ? before.step() : step(body.against()));
    }
    if (body.deviations() != null || known instanceof Comparison.Deviations) {
      Comparison.Deviations before =
          known instanceof Comparison.Deviations deviations
              ? deviations
              : new Comparison.Deviations(
                  BigDecimal.ZERO,
                  DEFAULT_WINDOWS,
                  window.compareTo(DAY) <= 0 ? Window.Step.DAY : Window.Step.PREVIOUS);
      return new Comparison.Deviations(
          body.deviations() == null ? before.number() : deviations(body.deviations()),
          body.windows() == null ? before.windows() : windows(body.windows()),
          body.against() == null ? before.step() : step(body.against()));
    }
    return known;
  }

  private static BigDecimal deviations(String text) {
    BigDecimal number = number("deviations", text);
    if (number.signum() <= 0 || number.compareTo(BigDecimal.valueOf(100)) > 0) {
      throw invalid("deviations", "'deviations' must be above 0, and 100 at most.");
    }
    return number;
  }

  private static int windows(int windows) {
    if (windows < Comparison.Deviations.LEAST_WINDOWS || windows > MAX_WINDOWS) {
      throw invalid(
          "windows",
          "'windows' must be from "
              + Comparison.Deviations.LEAST_WINDOWS
              + " to "
              + MAX_WINDOWS
              + ".");
    }
    return windows;
  }

  private static Window.Step step(String text) {
    return Arrays.stream(Window.Step.values())
        .filter(step -> RuleBody.against(step).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                invalid(
                    "against",
                    "'against' is previous_window, same_window_yesterday or"
                        + " same_window_last_week."));
  }

  private static BigDecimal number(String field, String text) {
    BigDecimal number;
    try {
      number = new BigDecimal(text.strip());
    } catch (NumberFormatException e) {
      throw invalid(field, "'" + field + "' must be a number, as text: \"200.00\".", e);
    }
    if (number.precision() > MAX_DIGITS || Math.abs((long) number.scale()) > MAX_DIGITS) {
      throw invalid(field, "'" + field + "' has too many digits.");
    }
    return number;
  }

  private static NoData noData(String text) {
    return NoData.of(text)
        .orElseThrow(() -> invalid("no_data", "'no_data' is zero, ok, alert or keep."));
  }

  private static long minimum(long minimum) {
    if (minimum < 0) {
      throw invalid("minimum", "'minimum' must not be negative.");
    }
    return minimum;
  }

  private static Severity severity(String text) {
    return Arrays.stream(Severity.values())
        .filter(severity -> severity.label().equals(text))
        .findFirst()
        .orElseThrow(() -> invalid("severity", "'severity' is low, medium, high or critical."));
  }

  private static ZoneId zone(String text) {
    // Bare offsets are not among them: the database reads their sign the other way round.
    if (!ZoneId.getAvailableZoneIds().contains(text)) {
      throw invalid("timezone", "'timezone' must be an IANA name, such as Europe/Berlin.");
    }
    return ZoneId.of(text);
  }

  private static Map<String, String> labels(Map<String, String> labels) {
    boolean valid =
        labels.size() <= MAX_LABELS
            && labels.entrySet().stream()
                .allMatch(
                    label ->
                        LABEL.matcher(label.getKey()).matches()
                            && !label.getKey().equals("rule")
                            && label.getValue() != null
                            && label.getValue().length() <= MAX_LABEL_VALUE);
    if (!valid) {
      throw invalid(
          "labels",
          "'labels' are up to "
              + MAX_LABELS
              + " texts by name; names have small letters, digits and _, and 'rule' is taken.");
    }
    return labels;
  }

  /** Whether the ids of channels are ids, before it is looked whether they are there. */
  static void checkChannels(RuleBody body) {
    if (body.channels() != null) {
      channels(body.channels());
    }
  }

  private static List<UUID> channels(List<UUID> channels) {
    if (channels.size() > MAX_CHANNELS || channels.stream().anyMatch(Objects::isNull)) {
      throw invalid("channels", "'channels' are up to " + MAX_CHANNELS + " ids.");
    }
    return channels;
  }

  static ProblemException invalid(String field, String detail) {
    return invalid(field, detail, null);
  }

  private static ProblemException invalid(String field, String detail, @Nullable Throwable cause) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail, cause).with("field", field);
  }
}
