package dev.tokenledger.alerting.anomaly;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static dev.tokenledger.alerting.anomaly.MadeUpUsage.CRAWLER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.platform.database.Database.Work;
import dev.tokenledger.testsupport.TestClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AnomalyWatcherTest {
  private static final Instant END = Instant.parse("2026-11-20T10:00:00Z");
  private static final Instant START = END.minus(Duration.ofDays(35));
  private static final AnomalySettings SETTINGS = HourlyDetection.settings(0.9);
  private static AlertingTables tables;

  private final TestClock clock = new TestClock();
  private final MadeUpUsage usage = new MadeUpUsage(START, END.plus(Duration.ofDays(10)));
  private final AnomalyWatcher watching = watching();

  @BeforeAll
  static void makeTables() throws Exception {
    tables = new AlertingTables();
  }

  @AfterAll
  static void close() {
    tables.close();
  }

  @BeforeEach
  void makeChannel() throws Exception {
    tables.empty();
    tables.channel(TENANT);
  }

  @Test
  void fourWeeksOfHistoryAreLearntWithoutAWord() throws Exception {
    usage.plant(END.minus(Duration.ofDays(3)), 2_000);
    assertThat(watching.feed(TENANT, END)).isEqualTo(1);
    SeriesState watch = watch();
    assertThat(watch.firstBucket()).isEqualTo(END.minus(Duration.ofDays(28)));
    assertThat(watch.lastBucket()).isEqualTo(END.minus(Duration.ofHours(1)));
    assertThat(watch.points()).isEqualTo(28 * 24);
    assertThat(watch.isLearning()).isFalse();
    assertThat(watch.readings()).hasSize(WatchedMeasure.values().length);
    assertThat(incidents()).isEmpty();
    assertThat(watching.feed(TENANT, END)).isZero();
    assertThat(usage.reads()).isEqualTo(1);
  }

  @Test
  void historyBeginsWithTheFirstUsage() {
    Instant begun = END.minus(Duration.ofHours(20));
    for (Instant hour = START; hour.isBefore(begun); hour = hour.plus(HourlyDetection.BUCKET)) {
      usage.remove(hour);
    }
    watching.feed(TENANT, END);
    assertThat(watch().firstBucket()).isEqualTo(begun);
    assertThat(watch().isLearning()).isTrue();
  }

  @Test
  void theNewestHourIsNewsAlsoAtFirstSight() throws Exception {
    usage.plant(END.minus(HourlyDetection.BUCKET), 1_500);
    watching.feed(TENANT, END);
    assertThat(incidents()).hasSize(1);
  }

  @Test
  void aSpikeIsOneIncidentOfAllMeasuresThatEndsWhenUsageIsUsualAgain() throws Exception {
    usage.plant(END.plus(Duration.ofHours(5)), 1_500);
    for (int hour = 0; hour < 6; hour++) {
      watching.feed(TENANT, END.plus(Duration.ofHours(hour)));
    }
    assertThat(incidents()).isEmpty();
    watching.feed(TENANT, END.plus(Duration.ofHours(6)));
    assertThat(incidents())
        .containsExactly("anomaly:cost_usd:agent:crawler:" + END.plus(Duration.ofHours(5)));
    assertThat(tables.texts("SELECT status || ' ' || severity FROM alerting.incidents"))
        .containsExactly("open high");
    assertThat(tables.texts("SELECT text FROM alerting.incidents").get(0))
        .startsWith("Spend of agent crawler in the hour until 20 Nov, 16:00 UTC was $15.00, where")
        .contains("would have been usual");
    assertThat(tables.texts("SELECT labels::text FROM alerting.incidents").get(0))
        .contains("\"agent\": \"crawler\"", "\"measure\": \"cost_usd\"");
    assertThat(tables.texts("SELECT data->>'observed' FROM alerting.incidents"))
        .containsExactly("15.000000000");
    assertThat(tables.texts("SELECT data->'measures'->>2 FROM alerting.incidents"))
        .containsExactly("model_calls");

    watching.feed(TENANT, END.plus(Duration.ofHours(8)));
    assertThat(watch().anomaly()).isNotNull();
    watching.feed(TENANT, END.plus(Duration.ofHours(9)));
    assertThat(watch().anomaly()).isNull();
    assertThat(tables.texts("SELECT status FROM alerting.incidents")).containsExactly("resolved");
    // Leaving the detector's window of a day, it looks like a fall.
    for (int hour = 10; hour < 80; hour++) {
      watching.feed(TENANT, END.plus(Duration.ofHours(hour)));
    }
    assertThat(incidents()).hasSize(1);
  }

  @Test
  void ofSeveralWhoFeedAtOnceOneFeedsEachHour() throws Exception {
    usage.plant(END.plus(Duration.ofHours(20)), 1_500);
    for (int hour = 0; hour < 30; hour++) {
      assertThat(feedAtOnce(END.plus(Duration.ofHours(hour)), 4)).isEqualTo(1);
    }
    assertThat(incidents()).hasSize(1);
    assertThat(tables.texts("SELECT event FROM alerting.incident_history ORDER BY at, event"))
        .containsExactly("opened", "resolved");
    // Another who did all by himself knows the same.
    SeriesState together = watch();
    tables.execute("TRUNCATE alerting.series_watches");
    AnomalyWatcher alone = watching();
    for (int hour = 0; hour < 30; hour++) {
      alone.feed(TENANT, END.plus(Duration.ofHours(hour)));
    }
    assertThat(states(watch())).isEqualTo(states(together));
    assertThat(watch().readings()).isEqualTo(together.readings());
  }

  @Test
  void hoursThatWereMissedAreMadeUpForInTheirOrder() throws Exception {
    watching.feed(TENANT, END);
    Instant gap = END.plus(Duration.ofHours(2));
    usage.remove(gap);
    watching().feed(TENANT, END.plus(Duration.ofHours(5)));
    SeriesState atOnce = watch();
    assertThat(atOnce.points()).isEqualTo(28 * 24 + 5);
    tables.execute("TRUNCATE alerting.series_watches");
    for (int hour = 0; hour <= 5; hour++) {
      watching().feed(TENANT, END.plus(Duration.ofHours(hour)));
    }
    assertThat(states(watch())).isEqualTo(states(atOnce));
  }

  @Test
  void whatIsOlderThanADayIsNoNews() throws Exception {
    watching.feed(TENANT, END);
    usage.plant(END.plus(Duration.ofHours(3)), 1_500);
    watching.feed(TENANT, END.plus(Duration.ofHours(40)));
    assertThat(incidents()).isEmpty();
    assertThat(watch().lastBucket()).isEqualTo(END.plus(Duration.ofHours(39)));
  }

  @Test
  void aStateThatCannotBeReadIsLearntAnewAndKeepsItsAnomaly() throws Exception {
    usage.plant(END.minus(HourlyDetection.BUCKET), 1_500);
    watching.feed(TENANT, END);
    tables.execute("UPDATE alerting.series_watches SET state = '\\xff00ff00'");
    assertThat(watching.feed(TENANT, END.plus(Duration.ofHours(1)))).isEqualTo(1);
    assertThat(watch().detectors()).hasSize(WatchedMeasure.values().length);
    assertThat(watch().anomaly()).isNotNull();
    assertThat(watch().points()).isEqualTo(28 * 24);
  }

  @Test
  void anAnomalyOfWhoIsNoLongerAmongTheLargestStillEnds() throws Exception {
    usage.plant(END.minus(HourlyDetection.BUCKET), 1_500);
    watching.feed(TENANT, END);
    usage.watchNobody();
    watching.feed(TENANT, END.plus(Duration.ofHours(3)));
    assertThat(tables.texts("SELECT status FROM alerting.incidents")).containsExactly("resolved");
    assertThat(watching.feed(TENANT, END.plus(Duration.ofHours(4)))).isZero();
    clock.pass(Duration.ofDays(91));
    watching.feed(TENANT, END.plus(Duration.ofHours(5)));
    assertThat(tables.texts("SELECT value FROM alerting.series_watches")).isEmpty();
  }

  @Test
  void aLevelThatStaysIsUsualADayLater() throws Exception {
    watching.feed(TENANT, END);
    for (int hour = 0; hour < 100; hour++) {
      Instant at = END.plus(Duration.ofHours(hour));
      usage.plant(at, 6 * usage.calls(at));
      watching.feed(TENANT, at.plus(HourlyDetection.BUCKET));
    }
    assertThat(incidents()).isNotEmpty();
    assertThat(tables.texts("SELECT DISTINCT status FROM alerting.incidents"))
        .containsExactly("resolved");
  }

  @Test
  void whereNobodyWatchesAnyMoreAnomaliesEnd() throws Exception {
    usage.plant(END.minus(HourlyDetection.BUCKET), 1_500);
    watching.feed(TENANT, END);
    watching.endAll();
    assertThat(tables.texts("SELECT status FROM alerting.incidents")).containsExactly("resolved");
    assertThat(watch().anomaly()).isNull();
  }

  @Test
  void anotherTenantSeesNothingOfIt() {
    watching.feed(TENANT, END);
    WatchStore store = new WatchStore(SETTINGS);
    assertThat(
            tables
                .database()
                .<List<SeriesState>>asTenant(
                    TENANT + 1, connection -> store.all(connection, TENANT, null)))
        .isEmpty();
  }

  private int feedAtOnce(Instant end, int feeders) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(feeders);
    try {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < feeders; i++) {
        AnomalyWatcher feeder = watching();
        Callable<Integer> task =
            () -> {
              go.await();
              return feeder.feed(TENANT, end);
            };
        all.add(threads.submit(task));
      }
      go.countDown();
      int fed = 0;
      for (Future<Integer> one : all) {
        fed += one.get();
      }
      return fed;
    } finally {
      threads.shutdownNow();
    }
  }

  private AnomalyWatcher watching() {
    return new AnomalyWatcher(
        tables.database(),
        usage,
        question -> Optional.empty(),
        new Incidents(JSON, clock),
        SETTINGS,
        clock);
  }

  private static SeriesState watch() {
    WatchStore store = new WatchStore(SETTINGS);
    return AnomalyWatcherTest.<Optional<SeriesState>>run(
            connection -> store.find(connection, TENANT, CRAWLER))
        .orElseThrow();
  }

  private static <T> T run(Work<T> work) {
    return tables.database().asTenant(TENANT, work);
  }

  private static List<String> states(SeriesState watch) {
    return watch.detectors().stream()
        .map(detector -> HexFormat.of().formatHex(detector.toBytes()))
        .toList();
  }

  private static List<String> incidents() throws Exception {
    return tables.texts("SELECT condition_key FROM alerting.incidents ORDER BY opened_at");
  }
}
