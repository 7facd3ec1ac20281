package dev.tokenledger.platform.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class QueryPlanTest {
  private static final Instant START = Instant.parse("2026-11-03T10:07:00Z");
  private static final Instant END = Instant.parse("2026-11-09T15:22:00Z");
  private static final Instant HORIZON = Instant.parse("2026-11-05T00:00:00Z");

  private static Query query(String measure, Granularity granularity, String... dimensions) {
    return query(measure, granularity, "UTC", START, END, dimensions);
  }

  private static Query query(
      String measure,
      Granularity granularity,
      String zone,
      Instant start,
      Instant end,
      String... dimensions) {
    return new Query(
        Query.measures(List.of(measure)),
        Query.dimensions(List.of(dimensions)),
        Map.of(),
        granularity,
        new Period(start, end, ZoneId.of(zone)),
        null,
        false,
        10,
        false);
  }

  private static BucketPlan.Run run(Grain grain, String from, String until) {
    return new BucketPlan.Run(grain, Instant.parse(from), Instant.parse(until));
  }

  private static QueryPlan.Span span(String from, String until) {
    return new QueryPlan.Span(Instant.parse(from), Instant.parse(until));
  }

  @Test
  void whileAllMinutesAreKeptNothingIsReadFromTheEvents() {
    QueryPlan plan = QueryPlan.of(query("cost_usd", Granularity.NONE, "model"), Instant.MIN);

    assertThat(plan.events()).isEmpty();
    assertThat(plan.buckets().runs().get(0))
        .isEqualTo(run(Grain.MINUTE, "2026-11-03T10:07:00Z", "2026-11-03T11:00:00Z"));
  }

  @Test
  void anEdgeWhoseMinutesWereDroppedIsReadFromTheEvents() {
    QueryPlan plan = QueryPlan.of(query("latency_ms.p95", Granularity.NONE, "model"), HORIZON);

    assertThat(plan.events()).containsExactly(span("2026-11-03T10:07:00Z", "2026-11-03T11:00:00Z"));
    assertThat(plan.buckets().runs())
        .containsExactly(
            run(Grain.HOUR, "2026-11-03T11:00:00Z", "2026-11-04T00:00:00Z"),
            run(Grain.DAY, "2026-11-04T00:00:00Z", "2026-11-09T00:00:00Z"),
            run(Grain.HOUR, "2026-11-09T00:00:00Z", "2026-11-09T15:00:00Z"),
            run(Grain.MINUTE, "2026-11-09T15:00:00Z", "2026-11-09T15:22:00Z"));
    assertThat(plan.buckets().start()).isEqualTo(START);
    assertThat(plan.source()).isEqualTo("by_model");
  }

  @Test
  void minutesOfAnAnswerAreReadFromTheEventsUpToTheHorizon() {
    QueryPlan plan = QueryPlan.of(query("cost_usd", Granularity.MINUTE, "agent"), HORIZON);

    assertThat(plan.events()).containsExactly(new QueryPlan.Span(START, HORIZON));
    assertThat(plan.buckets().runs())
        .containsExactly(new BucketPlan.Run(Grain.MINUTE, HORIZON, END));
  }

  @Test
  void hoursThatDoNotBeginWithThoseOfUtcAreMadeOfMinutesAndBeforeThemOfEvents() {
    Query query = query("model_calls", Granularity.HOUR, "Asia/Kathmandu", START, END, "model");

    QueryPlan plan = QueryPlan.of(query, HORIZON);

    assertThat(plan.events()).containsExactly(new QueryPlan.Span(START, HORIZON));
    assertThat(plan.buckets().runs())
        .containsExactly(new BucketPlan.Run(Grain.MINUTE, HORIZON, END));
  }

  @Test
  void aPeriodWithinDroppedMinutesIsReadFromTheEventsAlone() {
    Instant end = START.plusSeconds(20 * 60);

    QueryPlan plan =
        QueryPlan.of(query("cost_usd", Granularity.NONE, "UTC", START, end, "model"), HORIZON);

    assertThat(plan.isFromEvents()).isTrue();
    assertThat(plan.events()).containsExactly(new QueryPlan.Span(START, end));
    assertThat(plan.source()).isEqualTo("events");
  }

  @Test
  void tooManyEventsAtAnEdgeAreAvoidedByWholeHours() {
    Query query = query("latency_ms.p95", Granularity.NONE, "model");

    QueryPlan plan = QueryPlan.of(query, HORIZON).inWholeHours(query, HORIZON);

    assertThat(plan.events()).isEmpty();
    assertThat(plan.buckets().start()).isEqualTo("2026-11-03T10:00:00Z");
    assertThat(plan.buckets().end()).isEqualTo("2026-11-09T16:00:00Z");
  }

  @Test
  void wholeHoursDoNotHelpAnAnswerByMinute() {
    Query query = query("latency_ms.p95", Granularity.MINUTE, "model");

    assertThat(QueryPlan.of(query, HORIZON).inWholeHours(query, HORIZON).events()).isNotEmpty();
  }

  @Test
  void aCombinationThatIsKeptByTheHourIsWidenedUnlessTheQuestionIsExact() {
    Query query = query("cost_usd", Granularity.NONE, "user");

    QueryPlan wide = QueryPlan.of(query, Instant.MIN);
    QueryPlan exact = QueryPlan.of(query.exactly(), Instant.MIN);

    assertThat(wide.events()).isEmpty();
    assertThat(wide.buckets().start()).isEqualTo("2026-11-03T10:00:00Z");
    assertThat(exact.buckets().start()).isEqualTo(START);
    assertThat(exact.events())
        .containsExactly(
            span("2026-11-03T10:07:00Z", "2026-11-03T11:00:00Z"),
            span("2026-11-09T15:00:00Z", "2026-11-09T15:22:00Z"));
    assertThat(exact.cuboid(Grain.HOUR)).isEqualTo(Cuboid.BY_USER);
  }

  @Test
  void anExactQuestionOfSessionsReadsTheHoursAtItsEdgesFromTheEvents() {
    QueryPlan plan =
        QueryPlan.of(query("cost_usd", Granularity.NONE, "session").exactly(), Instant.MIN);

    assertThat(plan.events())
        .containsExactly(
            span("2026-11-03T10:07:00Z", "2026-11-04T00:00:00Z"),
            span("2026-11-09T00:00:00Z", "2026-11-09T15:22:00Z"));
    assertThat(plan.buckets().runs())
        .containsExactly(run(Grain.DAY, "2026-11-04T00:00:00Z", "2026-11-09T00:00:00Z"));
  }

  @Test
  void whatNoCuboidKeepsIsReadFromTheEvents() {
    QueryPlan plan = QueryPlan.of(query("cost_usd", Granularity.NONE, "agent", "user"), HORIZON);

    assertThat(plan.isFromEvents()).isTrue();
    assertThat(plan.events()).containsExactly(new QueryPlan.Span(START, END));
  }

  @Test
  void bucketsAndEventsCoverThePeriodOnceWhateverTheHorizon() {
    Random random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      Instant start = START.plusSeconds(60L * random.nextInt(20_000));
      Instant end = start.plusSeconds(60L * (1 + random.nextInt(20_000)));
      Instant horizon = START.plusSeconds(86_400L * random.nextInt(30));
      Granularity granularity = Granularity.values()[random.nextInt(6)];
      String zone = List.of("UTC", "Europe/Berlin", "Asia/Kathmandu").get(random.nextInt(3));
      String dimension = List.of("model", "user", "session", "agent").get(random.nextInt(4));
      Query query = query("cost_usd", granularity, zone, start, end, dimension);
      QueryPlan plan = QueryPlan.of(random.nextBoolean() ? query.exactly() : query, horizon);

      TreeMap<Instant, Instant> parts = new TreeMap<>();
      plan.buckets().runs().forEach(r -> parts.put(r.from(), r.until()));
      plan.events().forEach(s -> parts.put(s.from(), s.until()));
      List<Instant> seams = new ArrayList<>(parts.keySet());
      seams.remove(0);
      assertThat(parts).hasSize(plan.buckets().runs().size() + plan.events().size());
      assertThat(parts.firstKey()).isEqualTo(plan.buckets().start()).isBeforeOrEqualTo(start);
      assertThat(parts.lastEntry().getValue())
          .isEqualTo(plan.buckets().end())
          .isAfterOrEqualTo(end);
      assertThat(new ArrayList<>(parts.values()).subList(0, parts.size() - 1)).isEqualTo(seams);
      assertThat(plan.buckets().runs())
          .noneMatch(r -> r.grain() == Grain.MINUTE && r.from().isBefore(horizon));
    }
  }
}
