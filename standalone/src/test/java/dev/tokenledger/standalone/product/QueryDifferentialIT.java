package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random questions about random events, answered by the query API and, from the test's own list of
 * the events, by a few lines of plain Java that know neither rollups nor SQL. The events reach back
 * over the changes of the clock in Europe and America when these lie within the admission window.
 */
@ExtendWith(Product.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QueryDifferentialIT {
  private static final int EVENTS = 4_000;
  private static final int BATCH = 1_000;
  private static final int QUESTIONS = 300;
  private static final long SEED = 20_261_121;
  private static final int DAYS_BACK = 34;
  private static final String NONE = "(none)";
  private static final String OTHER = "(other)";

  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Europe/Berlin",
          "America/New_York",
          "Asia/Kolkata",
          "Asia/Kathmandu",
          "Australia/Lord_Howe",
          "Pacific/Auckland");
  private static final List<String> SUMS =
      List.of(
          "model_calls",
          "agent_runs",
          "errors",
          "input_tokens",
          "output_tokens",
          "total_tokens",
          "cost_usd",
          "unpriced_calls");
  private static final List<String> DIMENSIONS =
      List.of(
          "model",
          "agent",
          "feature",
          "environment",
          "status",
          "api_key",
          "tags.team",
          "tags.tier");

  /** Nano-dollars a token, input and output; none for a model that nobody knows. */
  private static final Map<String, long[]> PRICES =
      Map.of("gpt-4o", new long[] {2_500, 10_000}, "gpt-4o-mini", new long[] {150, 600});

  private final Api reader;
  private final Projects.Project project;
  private final List<Event> events = new ArrayList<>();

  /** An event with its values by dimension. */
  private record Event(
      Instant time,
      Map<String, String> values,
      boolean call,
      boolean error,
      long input,
      long output,
      long costNanos,
      boolean unpriced,
      long latencyMillis) {
    String value(String dimension) {
      return values.getOrDefault(dimension, NONE);
    }
  }

  private record Key(@Nullable Instant time, List<String> values) {}

  QueryDifferentialIT(TokenLedgerProcess product) throws Exception {
    reader = product.admin();
    project = Projects.create(product, "differential");
    Random random = new Random(SEED);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    List<Projects.Key> keys =
        List.of(project.key(), Projects.key(product, project.name(), "ingest"));
    List<ObjectNode> batch = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      Instant time = now.minusSeconds(random.nextInt(DAYS_BACK * 86_400));
      Projects.Key key = keys.get(i / BATCH % keys.size());
      batch.add(event(project.name() + "-" + i, time, key.id(), random));
      if (batch.size() == BATCH) {
        Api.Answer answer = key.caller().report(batch);
        assertThat(answer.accepted()).as(answer.text()).isEqualTo(batch.size());
        batch.clear();
      }
    }
    product.ledger().awaitSettled();
  }

  private ObjectNode event(String id, Instant time, String apiKey, Random random) {
    boolean call = random.nextInt(5) != 0;
    boolean error = random.nextInt(10) == 0;
    String model = pick(random, "gpt-4o", "gpt-4o-mini", "model-of-nobody");
    Map<String, String> values = new HashMap<>();
    values.put("api_key", apiKey);
    ObjectNode json = Api.JSON.createObjectNode();
    json.put("id", id).put("time", time.toString());
    json.put("type", call ? "model_call" : "agent_run");
    put(json, values, "environment", pick(random, "production", "staging"));
    put(json, values, "agent", pick(random, "a-1", "a-2", "a-3", null));
    put(json, values, "feature", pick(random, "f-1", "f-2", null));
    put(json, values, "status", error ? "failure" : "success");
    long input = 0;
    long output = 0;
    if (call) {
      put(json, values, "model", model);
      json.put("provider", "openai");
      input = random.nextInt(10_000);
      output = random.nextInt(2_000);
      json.putObject("usage").put("input_tokens", input).put("output_tokens", output);
    } else {
      json.put("task", "t");
    }
    long latency = 1 + random.nextInt(60_000);
    json.put("latency_ms", latency);
    ObjectNode tags = json.putObject("tags");
    for (String key : List.of("team", "tier")) {
      String value = pick(random, key + "-1", key + "-2", key + "-3", null);
      if (value != null) {
        tags.put(key, value);
        values.put("tags." + key, value);
      }
    }
    long[] price = PRICES.get(model);
    events.add(
        new Event(
            time,
            values,
            call,
            error,
            input,
            output,
            call && price != null ? input * price[0] + output * price[1] : 0,
            call && price == null,
            latency));
    return json;
  }

  private static void put(
      ObjectNode json, Map<String, String> values, String name, @Nullable String value) {
    if (value != null) {
      json.put(name, value);
      values.put(name, value);
    }
  }

  @SafeVarargs
  private static <T> T pick(Random random, T... values) {
    return values[random.nextInt(values.length)];
  }

  @Test
  void answersAsPlainArithmeticDoes() throws Exception {
    Random random = new Random(SEED + 1);
    for (int i = 0; i < QUESTIONS; i++) {
      check(question(random));
    }
  }

  @Test
  void comparesWithThePeriodBefore() throws Exception {
    Random random = new Random(SEED + 2);
    for (int i = 0; i < QUESTIONS / 5; i++) {
      ObjectNode question = question(random);
      question.put("compare", "previous_period");
      checkComparison(question, random);
    }
  }

  @Test
  void addsWhatALimitLeavesOutUpInARowOfItsOwn() throws Exception {
    Random random = new Random(SEED + 3);
    for (int i = 0; i < QUESTIONS / 5; i++) {
      ObjectNode question = question(random);
      question.putArray("measures").add("model_calls").add("input_tokens").add("cost_usd");
      question.putArray("dimensions").add("model").add("agent");
      question.put("order_by", "-input_tokens");
      JsonNode whole = ask(question);
      question.put("limit", 3);
      JsonNode cut = ask(question);

      assertThat(total(cut, "input_tokens")).isEqualTo(total(whole, "input_tokens"));
      assertThat(total(cut, "cost_usd")).isEqualTo(total(whole, "cost_usd"));
      Map<List<String>, Long> lines = new HashMap<>();
      for (JsonNode row : whole.path("rows")) {
        lines.merge(
            List.of(row.path("model").asText(), row.path("agent").asText()),
            row.path("input_tokens").asLong(),
            Long::sum);
      }
      List<Long> best =
          lines.values().stream().sorted(Collections.reverseOrder()).limit(3).toList();
      Map<List<String>, Long> kept = new HashMap<>();
      for (JsonNode row : cut.path("rows")) {
        if (!row.path("model").asText().equals(OTHER)) {
          kept.merge(
              List.of(row.path("model").asText(), row.path("agent").asText()),
              row.path("input_tokens").asLong(),
              Long::sum);
        }
      }
      assertThat(kept.values().stream().sorted(Collections.reverseOrder()).toList())
          .as("the three largest of %s", question)
          .isEqualTo(best);
    }
  }

  private static BigDecimal total(JsonNode answer, String measure) {
    BigDecimal total = BigDecimal.ZERO;
    for (JsonNode row : answer.path("rows")) {
      total = total.add(new BigDecimal(row.path(measure).asText()));
    }
    return total;
  }

  private ObjectNode question(Random random) {
    ObjectNode question = Api.JSON.createObjectNode();
    ArrayNode measures = question.putArray("measures");
    shuffled(random, SUMS).stream().limit(1 + random.nextInt(4)).forEach(measures::add);
    if (random.nextInt(3) == 0) {
      measures.add("latency_ms.avg").add("latency_ms.p95");
    }
    ArrayNode dimensions = question.putArray("dimensions");
    shuffled(random, DIMENSIONS).stream().limit(random.nextInt(4)).forEach(dimensions::add);
    ObjectNode filters = question.putObject("filters");
    filters.putArray("project").add(project.name());
    shuffled(random, DIMENSIONS).stream()
        .limit(random.nextInt(3))
        .forEach(dimension -> filter(random, filters.putArray(dimension), dimension));
    ZoneId zone = ZoneId.of(pick(random, ZONES.toArray(String[]::new)));
    question.put("timezone", zone.getId());
    question.put(
        "granularity", pick(random, "none", "none", "hour", "day", "day", "week", "month"));
    Instant now = Instant.now();
    Instant start = now.minusSeconds(random.nextInt(DAYS_BACK * 86_400));
    Instant end = start.plusSeconds(60 + random.nextInt(20 * 86_400));
    switch (random.nextInt(3)) {
      case 0 -> {
        start = start.atZone(zone).toLocalDate().atStartOfDay(zone).toInstant();
        end = end.atZone(zone).toLocalDate().plusDays(1).atStartOfDay(zone).toInstant();
      }
      case 1 -> {
        start = start.truncatedTo(ChronoUnit.HOURS);
        end = end.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);
      }
      default -> {
        start = start.truncatedTo(ChronoUnit.SECONDS);
        end = end.truncatedTo(ChronoUnit.SECONDS);
      }
    }
    question.put("start", start.toString()).put("end", end.toString());
    question.put("limit", 10_000);
    return question;
  }

  private void filter(Random random, ArrayNode filter, String dimension) {
    TreeSet<String> values =
        events.stream()
            .map(event -> event.value(dimension))
            .collect(Collectors.toCollection(TreeSet::new));
    shuffled(random, List.copyOf(values)).stream()
        .limit(1 + random.nextInt(2))
        .forEach(filter::add);
    if (random.nextInt(8) == 0) {
      filter.add("never-seen");
    }
  }

  private static <T> List<T> shuffled(Random random, List<T> values) {
    List<T> shuffled = new ArrayList<>(values);
    Collections.shuffle(shuffled, random);
    return shuffled;
  }

  private JsonNode ask(ObjectNode question) throws IOException {
    Api.Answer answer = reader.post("/v1/analytics/query", question);
    assertThat(answer.status()).as("%s: %s", question, answer.text()).isEqualTo(200);
    return answer.json();
  }

  private void check(ObjectNode question) throws IOException {
    JsonNode answer = ask(question);
    Instant from = Instant.parse(answer.path("period").path("start").asText());
    Instant until = Instant.parse(answer.path("period").path("end").asText());
    assertThat(from).as("covers what was asked: %s", question).isBeforeOrEqualTo(start(question));
    assertThat(until).isAfterOrEqualTo(end(question));
    // The longest bucket that is the finest of some cuboid here is an hour.
    assertThat(from).isAfter(start(question).minus(Duration.ofHours(1)));
    assertThat(until).isBefore(end(question).plus(Duration.ofHours(1)));
    compare(question, expected(question, from, until), rows(question, answer));
  }

  private void checkComparison(ObjectNode question, Random random) throws IOException {
    // Tags are kept by the hour: elsewhere their days are read in whole hours, and overlap.
    ZoneId zone = ZoneId.of(pick(random, "UTC", "Europe/Berlin", "America/New_York"));
    question.put("timezone", zone.getId());
    ZonedDateTime start = start(question).atZone(zone).truncatedTo(ChronoUnit.DAYS);
    int days = 1 + random.nextInt(9);
    question.put("start", start.toInstant().toString());
    question.put("end", start.plusDays(days).toInstant().toString());
    question.put("granularity", pick(random, "none", "day"));
    question.putArray("measures").add("model_calls").add("cost_usd");
    Map<Key, List<Event>> before =
        expected(question, start.minusDays(days).toInstant(), start.toInstant());
    for (JsonNode row : ask(question).path("rows")) {
      Key key = key(question, row);
      Key then =
          key.time == null
              ? key
              : new Key(key.time.atZone(zone).minusDays(days).toInstant(), key.values);
      List<Event> events = before.getOrDefault(then, List.of());
      JsonNode previous = row.path("previous");
      if (previous.isNull()) {
        assertThat(value("model_calls", events))
            .as("calls before %s of %s", key, question)
            .isEqualTo("0");
      } else {
        for (String measure : List.of("model_calls", "cost_usd")) {
          assertThat(previous.path(measure).asText())
              .as("%s before %s of %s", measure, key, question)
              .isEqualTo(value(measure, events));
        }
      }
    }
  }

  private Map<Key, List<Event>> expected(ObjectNode question, Instant from, Instant until) {
    Map<Key, List<Event>> groups = new HashMap<>();
    for (Event event : events) {
      if (event.time.isBefore(from) || !event.time.isBefore(until) || !passes(question, event)) {
        continue;
      }
      List<String> values = new ArrayList<>();
      question.path("dimensions").forEach(d -> values.add(event.value(d.asText())));
      Key key = new Key(bucket(question, event.time), values);
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(event);
    }
    return groups;
  }

  private static boolean passes(ObjectNode question, Event event) {
    for (Map.Entry<String, JsonNode> filter : question.path("filters").properties()) {
      if (filter.getKey().equals("project")) {
        continue;
      }
      boolean found = false;
      for (JsonNode value : filter.getValue()) {
        found |= value.asText().equals(event.value(filter.getKey()));
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Instant bucket(ObjectNode question, Instant time) {
    ZonedDateTime local = time.atZone(zone(question));
    ZonedDateTime day = local.toLocalDate().atStartOfDay(local.getZone());
    return switch (question.path("granularity").asText()) {
      case "none" -> null;
      case "hour" -> local.truncatedTo(ChronoUnit.HOURS).toInstant();
      case "day" -> day.toInstant();
      case "week" ->
          day.toLocalDate()
              .with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
              .atStartOfDay(local.getZone())
              .toInstant();
      case "month" -> day.toLocalDate().withDayOfMonth(1).atStartOfDay(local.getZone()).toInstant();
      default -> throw new AssertionError(question);
    };
  }

  private static Map<Key, JsonNode> rows(ObjectNode question, JsonNode answer) {
    Map<Key, JsonNode> rows = new HashMap<>();
    for (JsonNode row : answer.path("rows")) {
      assertThat(rows.put(key(question, row), row)).as("one row for each key: %s", row).isNull();
    }
    return rows;
  }

  private static Key key(ObjectNode question, JsonNode row) {
    List<String> values = new ArrayList<>();
    question.path("dimensions").forEach(d -> values.add(row.path(d.asText()).asText()));
    return new Key(row.has("time") ? Instant.parse(row.path("time").asText()) : null, values);
  }

  private static void compare(
      ObjectNode question, Map<Key, List<Event>> expected, Map<Key, JsonNode> rows) {
    TreeMap<String, Key> keys = new TreeMap<>();
    expected.keySet().forEach(key -> keys.put(key.toString(), key));
    rows.keySet().forEach(key -> keys.put(key.toString(), key));
    for (Key key : keys.values()) {
      List<Event> events = expected.getOrDefault(key, List.of());
      JsonNode row = rows.get(key);
      for (JsonNode measure : question.path("measures")) {
        check(question, key, measure.asText(), events, row);
      }
    }
  }

  private static void check(
      ObjectNode question, Key key, String measure, List<Event> events, @Nullable JsonNode row) {
    String what = measure + " of " + key + " in " + question;
    if (measure.startsWith("latency_ms")) {
      long[] latencies =
          events.stream().filter(Event::call).mapToLong(Event::latencyMillis).sorted().toArray();
      if (latencies.length == 0) {
        assertThat(row == null || row.path(measure).isNull()).as(what).isTrue();
        return;
      }
      assertThat(row).as(what).isNotNull();
      double value = row.path(measure).asDouble();
      if (measure.equals("latency_ms.avg")) {
        assertThat(value)
            .as(what)
            .isCloseTo(Arrays.stream(latencies).average().orElseThrow(), within(0.001));
      } else {
        double exact = latencies[(int) Math.ceil(0.95 * latencies.length) - 1];
        assertThat(value).as(what).isCloseTo(exact, within(exact * 0.01));
      }
      return;
    }
    // A row without anything in it may be there or not.
    String found = row == null ? zero(measure) : row.path(measure).asText();
    assertThat(found).as(what).isEqualTo(value(measure, events));
  }

  private static String zero(String measure) {
    return value(measure, List.of());
  }

  private static String value(String measure, Collection<Event> events) {
    return switch (measure) {
      case "model_calls" -> Long.toString(events.stream().filter(Event::call).count());
      case "agent_runs" -> Long.toString(events.stream().filter(e -> !e.call).count());
      case "errors" -> Long.toString(events.stream().filter(Event::error).count());
      case "input_tokens" -> Long.toString(events.stream().mapToLong(Event::input).sum());
      case "output_tokens" -> Long.toString(events.stream().mapToLong(Event::output).sum());
      case "total_tokens" ->
          Long.toString(events.stream().mapToLong(e -> e.input + e.output).sum());
      case "unpriced_calls" -> Long.toString(events.stream().filter(Event::unpriced).count());
      case "cost_usd" ->
          BigDecimal.valueOf(events.stream().mapToLong(Event::costNanos).sum(), 9).toPlainString();
      default -> throw new AssertionError(measure);
    };
  }

  private static ZoneId zone(ObjectNode question) {
    return ZoneId.of(question.path("timezone").asText());
  }

  private static Instant start(ObjectNode question) {
    return Instant.parse(question.path("start").asText());
  }

  private static Instant end(ObjectNode question) {
    return Instant.parse(question.path("end").asText());
  }
}
