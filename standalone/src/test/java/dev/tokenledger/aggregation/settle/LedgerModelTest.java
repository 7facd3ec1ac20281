package dev.tokenledger.aggregation.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.aggregation.settle.LedgerModel.Record;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Random records of the same events (repetitions, updates, spans that are sent while they run and
 * again, parents that come late), in any order and cut into any blocks, settled twice for two
 * tenants in different orders: both ledgers must hold what {@link LedgerModel} says, and their
 * rollups what their events say. The number of rounds is the system property {@code
 * tokenledger.model.rounds}; the seed of a round is in every message.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerModelTest {
  private static final int ROUNDS = Integer.getInteger("tokenledger.model.rounds", 25);
  private static final long FIRST_SEED =
      Long.getLong("tokenledger.model.seed", System.nanoTime() & 0xFFFFF);
  private static final Instant TIME = Instant.parse("2026-11-20T10:20:00Z");
  private static final List<String> MODELS = Arrays.asList("gpt-4o", "gpt-4o-mini", "unheard-of");
  private static final List<String> NAMES = Arrays.asList(null, null, "a", "b");

  private TestDatabase stores;
  private TestLedger ledger;

  @BeforeAll
  void start() throws SQLException {
    stores = TestDatabase.create();
    ledger = new TestLedger(stores);
  }

  @AfterAll
  void stop() throws SQLException {
    ledger.close();
  }

  /** What the door admitted of one request, for any tenant. */
  private record Request(long version, List<UsageEvent> events, List<SpanLink> links) {
    AdmittedBatch of(int tenantId) {
      return new AdmittedBatch(
          tenantId, "p", "test", null, version, events.size(), Map.of(), events, links);
    }
  }

  @Test
  void theLedgerHoldsWhatItsRecordsSayInWhicheverOrderTheyAreSettled() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      long seed = FIRST_SEED + round;
      Random random = new Random(seed);
      List<Request> requests = requests(random, "r" + seed + "-");
      Map<String, Map<String, Object>> expected = expected(requests);
      for (int order = 0; order < 2; order++) {
        int tenantId = 2 * round + order + 1;
        Collections.shuffle(requests, random);
        settle(requests, tenantId, random);
        assertThat(stored(tenantId)).as("seed %d, order %d", seed, order).isEqualTo(expected);
        assertRolledUp(tenantId, "seed " + seed + ", order " + order);
      }
    }
  }

  private void settle(List<Request> requests, int tenantId, Random random) throws SQLException {
    for (int from = 0; from < requests.size(); ) {
      int until = Math.min(requests.size(), from + 1 + random.nextInt(4));
      List<AdmittedBatch> batches =
          requests.subList(from, until).stream().map(request -> request.of(tenantId)).toList();
      Block block = new Block(new UUID(random.nextLong(), random.nextLong()), 1, 1, batches);
      ledger.settle(block);
      if (random.nextInt(8) == 0) {
        ledger.settle(block);
      }
      from = until;
    }
  }

  private static Map<String, Map<String, Object>> expected(List<Request> requests) {
    List<Record> records = new ArrayList<>();
    List<SpanLink> links = new ArrayList<>();
    for (Request request : requests) {
      for (int i = 0; i < request.events.size(); i++) {
        records.add(new Record(request.version + i, request.events.get(i)));
      }
      links.addAll(request.links);
    }
    return LedgerModel.events(records, links);
  }

  // What is sent

  private List<Request> requests(Random random, String prefix) {
    List<Request> requests = new ArrayList<>();
    long version = 1_790_000_000_000_000L;
    int natives = random.nextInt(10);
    for (int i = 0; i < natives; i++) {
      List<UsageEvent> events = new ArrayList<>();
      int count = 1 + random.nextInt(3);
      for (int e = 0; e < count; e++) {
        events.add(call(random, prefix + "n" + random.nextInt(4), null, random.nextInt(3) == 0));
      }
      requests.add(new Request(version, events, List.of()));
      version += 1_000;
    }
    for (int trace = 0; trace < 2; trace++) {
      version = spans(random, prefix + "t" + trace, requests, version);
    }
    return requests;
  }

  private long spans(Random random, String traceId, List<Request> requests, long first) {
    long version = first;
    int count = 1 + random.nextInt(7);
    List<UsageEvent> events = new ArrayList<>();
    List<SpanLink> links = new ArrayList<>();
    for (int s = 0; s < count; s++) {
      String parent = s == 0 ? null : "s" + random.nextInt(s);
      int kind = random.nextInt(3);
      int copies = 1 + random.nextInt(3);
      for (int copy = 0; copy < copies; copy++) {
        span(random, traceId, "s" + s, parent, kind, events, links);
        if (random.nextInt(2) == 0) {
          requests.add(new Request(version, List.copyOf(events), List.copyOf(links)));
          version += 1_000;
          events.clear();
          links.clear();
        }
      }
    }
    requests.add(new Request(version, List.copyOf(events), List.copyOf(links)));
    return version + 1_000;
  }

  /**
   * A span as an exporter sends it at some moment: its usage and its names may still be missing.
   */
  private void span(
      Random random,
      String traceId,
      String spanId,
      @Nullable String parent,
      int kind,
      List<UsageEvent> events,
      List<SpanLink> links) {
    SpanLink place = new SpanLink(traceId, spanId, parent, null, null, kind == 2);
    String agent = random.nextInt(2) == 0 ? "agent-" + spanId : null;
    String user = random.nextInt(3) == 0 ? "user-" + spanId : null;
    if (kind == 0) {
      ModelCall call = call(random, SpanLink.eventId(traceId, spanId), place, false);
      events.add(call);
      links.add(
          new SpanLink(
              traceId,
              spanId,
              parent,
              call.header().id(),
              null,
              false,
              true,
              new SpanNames(
                  call.header().agent(),
                  call.header().feature(),
                  call.header().user(),
                  null,
                  call.model() == null ? null : call.provider(),
                  call.model())));
      return;
    }
    EventHeader header =
        new EventHeader(
            SpanLink.eventId(traceId, spanId),
            TIME,
            null,
            agent,
            null,
            user,
            null,
            traceId,
            spanId,
            parent,
            Map.of(),
            Map.of(),
            false);
    long duration = random.nextInt(3) * 100L - 1;
    CallStatus status = random.nextInt(4) == 0 ? CallStatus.FAILURE : CallStatus.SUCCESS;
    events.add(
        kind == 1
            ? new AgentRun(header, null, status, null, duration)
            : new Step(header, Step.Kind.TOOL_CALL, 0, "search", status, null, duration));
    String model = random.nextInt(3) == 0 ? "gpt-4o" : null;
    links.add(
        new SpanLink(
            traceId,
            spanId,
            parent,
            null,
            null,
            kind == 2,
            true,
            new SpanNames(agent, null, user, null, model == null ? null : "openai", model)));
  }

  private static ModelCall call(
      Random random, String id, @Nullable SpanLink place, boolean amends) {
    boolean stated = random.nextBoolean();
    boolean bare = amends && random.nextInt(2) == 0;
    String model = bare ? null : MODELS.get(random.nextInt(MODELS.size()));
    if (place != null && random.nextInt(3) == 0) {
      model = null;
    }
    boolean failed = stated && random.nextInt(3) == 0;
    EventHeader header =
        new EventHeader(
            id,
            TIME.plusSeconds(place == null ? 1_800L * random.nextInt(4) : 0),
            null,
            NAMES.get(random.nextInt(NAMES.size())),
            NAMES.get(random.nextInt(NAMES.size())),
            NAMES.get(random.nextInt(NAMES.size())),
            null,
            place == null ? null : place.traceId(),
            place == null ? null : place.spanId(),
            place == null ? null : place.parentSpanId(),
            random.nextInt(3) == 0
                ? Map.of("team", "t" + random.nextInt(2), "x" + random.nextInt(2), "1")
                : Map.of(),
            random.nextInt(3) == 0 ? Map.of("k" + random.nextInt(2), "v") : Map.of(),
            amends,
            place != null || stated);
    ModelCall call =
        new ModelCall(
            header,
            model == null ? null : "openai",
            model,
            null,
            null,
            null,
            bare || random.nextInt(3) == 0
                ? TokenUsage.of(0, 0)
                : TokenUsage.of(random.nextInt(3) * 100L, 10L * random.nextInt(4)),
            bare ? ModelCall.UNKNOWN : random.nextInt(4) * 1_000L - 1,
            ModelCall.UNKNOWN,
            failed ? CallStatus.FAILURE : CallStatus.SUCCESS,
            failed ? "rate_limit" : null,
            null,
            null,
            false,
            null,
            BillableUnits.NONE,
            null,
            place == null ? ModelCall.Accounting.STANDALONE : ModelCall.Accounting.NESTABLE,
            Pricing.PENDING);
    return call.withPricing(LedgerModel.price(call));
  }

  // What is stored

  private Map<String, Map<String, Object>> stored(int tenantId) throws SQLException {
    Map<String, Map<String, Object>> events = new TreeMap<>();
    try (Connection connection = stores.asOwner();
        Statement statement = connection.createStatement()) {
      Map<String, String> names = new HashMap<>();
      try (ResultSet row =
          statement.executeQuery(
              "SELECT dimension, value_id, value FROM ledger.dimension_values WHERE tenant_id = "
                  + tenantId)) {
        while (row.next()) {
          names.put(row.getInt(1) + "/" + row.getInt(2), row.getString(3));
        }
      }
      try (ResultSet row =
          statement.executeQuery("SELECT * FROM ledger.events WHERE tenant_id = " + tenantId)) {
        while (row.next()) {
          assertThat(events.put(row.getString("event_id"), LedgerModel.row(row, names))).isNull();
        }
      }
    }
    return events;
  }

  /** Every cuboid that the events' columns tell is, bucket by bucket, what the events add up to. */
  private void assertRolledUp(int tenantId, String as) throws SQLException {
    String sums =
        Arrays.stream(Measure.values())
            .map(m -> "coalesce(sum(" + m.column() + "), 0) AS " + m.column())
            .collect(Collectors.joining(", "));
    String any =
        Arrays.stream(Measure.values())
            .map(m -> "coalesce(" + m.column() + ", 0) <> 0")
            .collect(Collectors.joining(" OR "));
    for (Cuboid cuboid : Cuboid.values()) {
      if (cuboid == Cuboid.TAG) {
        continue;
      }
      String dimensions =
          cuboid.dimensions().stream()
              .map(d -> '"' + d.label() + '"')
              .collect(Collectors.joining(", "));
      for (Grain grain : cuboid.grains()) {
        String unit = grain.name().toLowerCase(java.util.Locale.ROOT);
        String events =
            "SELECT date_trunc('%s', time, 'UTC') AS bucket, %s, %s FROM ledger.events WHERE tenant_id = %d AND counted GROUP BY 1, %s"
                .formatted(unit, dimensions, sums, tenantId, dimensions);
        String rollups =
            "SELECT bucket, %s, %s FROM %s JOIN ledger.series s USING (tenant_id, series_id) WHERE tenant_id = %d AND s.cuboid = %d GROUP BY 1, %s"
                .formatted(
                    dimensions, sums, grain.rollupTable(), tenantId, cuboid.code(), dimensions);
        assertThat(rows(difference(events, rollups, any)))
            .as("%s %s %s", as, cuboid, grain)
            .isEmpty();
        assertThat(rows(difference(rollups, events, any)))
            .as("%s %s %s", as, cuboid, grain)
            .isEmpty();
      }
    }
  }

  private static String difference(String a, String b, String any) {
    return "SELECT * FROM (SELECT * FROM (%s) x WHERE %s EXCEPT SELECT * FROM (%s) y) d"
        .formatted(a, any, b);
  }

  private List<String> rows(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = stores.asOwner();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          text.append(row.getMetaData().getColumnName(i))
              .append('=')
              .append(row.getString(i))
              .append(' ');
        }
        rows.add(text.toString());
      }
    }
    return rows;
  }
}
