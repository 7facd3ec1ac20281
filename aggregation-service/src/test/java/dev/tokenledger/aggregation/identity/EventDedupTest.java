package dev.tokenledger.aggregation.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventDedupTest {
  private static final long TIME = 1_700_000_000_000_000L;
  private static final long MEMORY = 1 << 20;

  private Database database;
  private IdentityGenerations generations;
  private EventDedup fence;

  @BeforeEach
  void makeTheLedger() throws Exception {
    TestDatabase stores = TestDatabase.create();
    stores
        .migrations()
        .migrate("ledger", List.of("V1__ledger.sql", "V2__guard.sql", "V3__api_keys.sql"));
    database = stores.databases().open(ServiceRole.AGGREGATION, 12);
    // A page holds more than one identity, so every look begins a generation if there is any.
    generations = new IdentityGenerations(database, 1, MEMORY);
    fence = new EventDedup(generations);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void letsTheFirstOfAnIdentityThrough() throws Exception {
    LedgerEvent first = event(1, "a");
    LedgerEvent again = event(1, "a");
    LedgerEvent other = event(1, "b");

    EventDedup.Claimed claimed = claim(fence, List.of(first, again, other));

    assertThat(claimed.fresh()).usingElementComparator(this::same).containsExactly(first, other);
    assertThat(claimed.repeated()).usingElementComparator(this::same).containsExactly(again);
  }

  @Test
  void holdsBackWhatTheNewestGenerationHas() throws Exception {
    claim(fence, events(1, 0, 100));

    EventDedup.Claimed claimed = claim(fence, events(1, 50, 150));

    assertThat(ids(claimed.fresh())).isEqualTo(ids(events(1, 100, 150)));
    assertThat(ids(claimed.repeated())).isEqualTo(ids(events(1, 50, 100)));
  }

  @Test
  void holdsBackWhatASealedGenerationHas() throws Exception {
    claim(fence, events(1, 0, 100));
    look();
    claim(fence, events(1, 100, 200));
    look();

    EventDedup.Claimed claimed = claim(fence, events(1, 50, 250));

    assertThat(ids(claimed.fresh())).isEqualTo(ids(events(1, 200, 250)));
    assertThat(claimed.repeated()).hasSize(150);
    assertThat(sealed()).isEqualTo(2);
  }

  @Test
  void holdsItBackBeforeThereIsAFilterOrWhereThereIsNoRoomForOne() throws Exception {
    claim(fence, events(1, 0, 100));
    look();
    EventDedup other = new EventDedup(new IdentityGenerations(database, 1, 0));

    EventDedup.Claimed claimed = claim(other, events(1, 0, 101));

    assertThat(ids(claimed.fresh())).containsExactly("event-100");
  }

  @Test
  void loadsFiltersThatAnotherProcessHasMade() throws Exception {
    claim(fence, events(1, 0, 100));
    look();
    IdentityGenerations others = new IdentityGenerations(database, Long.MAX_VALUE / 100, MEMORY);
    others.lookAfter(() -> false);

    assertThat(others.filter(1)).isPresent();
    assertThat(claim(new EventDedup(others), events(1, 0, 100)).fresh()).isEmpty();
  }

  @Test
  void tellsTenantsApart() throws Exception {
    claim(fence, events(1, 0, 10));

    assertThat(claim(fence, events(2, 0, 10)).fresh()).hasSize(10);
  }

  @Test
  void forgetsAClaimThatIsRolledBack() throws Exception {
    try (Connection connection = connect()) {
      fence.prepare(connection);
      assertThat(fence.claim(connection, events(1, 0, 10)).fresh()).hasSize(10);
      connection.rollback();
    }

    assertThat(claim(fence, events(1, 0, 10)).fresh()).hasSize(10);
  }

  @Test
  void letsEachThroughOnceWhenManyClaimAndGenerationsBegin() throws Exception {
    int claimers = 4;
    int rounds = 40;
    ExecutorService threads = Executors.newFixedThreadPool(claimers + 1);
    try {
      List<Future<List<String>>> results = new ArrayList<>();
      for (int c = 0; c < claimers; c++) {
        Random random = new Random(c);
        results.add(threads.submit(() -> claimAtRandom(random, rounds)));
      }
      Future<List<String>> looking = threads.submit(looks(results));
      List<String> fresh = new ArrayList<>();
      for (Future<List<String>> result : results) {
        fresh.addAll(result.get());
      }
      looking.get();

      assertThat(fresh).doesNotHaveDuplicates();
      assertThat(count("SELECT count(*) FROM ledger.event_identity")).isEqualTo(fresh.size());
      assertThat(count("SELECT count(DISTINCT event_key) FROM ledger.event_identity"))
          .isEqualTo(fresh.size());
      assertThat(sealed()).as("generations began meanwhile").isGreaterThan(1);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Claims overlapping sets, in random order, and gives some of the claims up. */
  private List<String> claimAtRandom(Random random, int rounds) throws SQLException {
    List<String> fresh = new ArrayList<>();
    try (Connection connection = connect()) {
      fence.prepare(connection);
      connection.commit();
      for (int round = 0; round < rounds; round++) {
        List<LedgerEvent> batch = new ArrayList<>();
        int from = random.nextInt(2_000);
        batch.addAll(events(1, from, from + 200));
        Collections.shuffle(batch, random);
        List<String> claimed = ids(fence.claim(connection, batch).fresh());
        if (random.nextInt(5) == 0) {
          connection.rollback();
        } else {
          connection.commit();
          fresh.addAll(claimed);
        }
      }
    }
    return fresh;
  }

  private Callable<List<String>> looks(List<Future<List<String>>> until) {
    return () -> {
      while (!until.stream().allMatch(Future::isDone)) {
        look();
      }
      return List.of();
    };
  }

  private EventDedup.Claimed claim(EventDedup by, List<LedgerEvent> events) throws SQLException {
    try (Connection connection = connect()) {
      by.prepare(connection);
      EventDedup.Claimed claimed = by.claim(connection, events);
      connection.commit();
      return claimed;
    }
  }

  private void look() {
    generations.lookAfter(() -> false);
  }

  private long sealed() throws SQLException {
    return count("SELECT count(*) FROM ledger.identity_generations WHERE sealed_at IS NOT NULL");
  }

  private long count(String query) throws SQLException {
    try (Connection connection = connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    return connection;
  }

  private int same(LedgerEvent a, LedgerEvent b) {
    return a == b ? 0 : 1;
  }

  private static List<String> ids(List<LedgerEvent> events) {
    return events.stream().map(LedgerEvent::eventId).toList();
  }

  private static List<LedgerEvent> events(int tenant, int from, int until) {
    return IntStream.range(from, until).mapToObj(i -> event(tenant, "event-" + i)).toList();
  }

  private static LedgerEvent event(int tenant, String id) {
    return new LedgerEvent(
        tenant,
        EventEncoder.key(id),
        id,
        TIME,
        TIME,
        true,
        false,
        true,
        new int[Dimension.count()],
        new int[0],
        EventMeasures.of(new MeasureVector()),
        null,
        null,
        null,
        null,
        null,
        0,
        0,
        0,
        null);
  }
}
