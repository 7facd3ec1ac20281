package dev.tokenledger.alerting.reservation;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.platform.database.ServiceSession;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReservationStoreTest {
  private static final int OTHER = TENANT + 1;
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00.123Z");

  private final ReservationStore store = new ReservationStore(JSON);
  private AlertingTables tables;
  private ServiceSession session;

  @BeforeAll
  void makeTheTables() throws SQLException {
    tables = new AlertingTables();
    session = tables.database().session();
  }

  @AfterAll
  void close() {
    session.close();
    tables.close();
  }

  @BeforeEach
  void beginEpochs() throws SQLException {
    tables.execute("TRUNCATE alerting.reservations, alerting.guard_epochs");
    tables.execute("INSERT INTO alerting.guard_epochs (tenant_id, epoch) VALUES (?, 3)", TENANT);
    tables.execute("INSERT INTO alerting.guard_epochs (tenant_id, epoch) VALUES (?, 9)", OTHER);
  }

  @Test
  void keepsAReservationAsItIs() {
    UUID budget = UUID.randomUUID();
    UUID broader = UUID.randomUUID();
    Reservation reservation =
        new Reservation(
            UUID.randomUUID(),
            TENANT,
            9_007_199_254_740_993L,
            Map.of(budget, 9_007_199_254_740_993L, broader, 0L),
            Map.of("agent", "it's \"quoted\", {and} bräced"),
            "trace",
            null,
            NOW,
            NOW.plusSeconds(30));

    assertThat(insert(new ReservationStore.Decided(reservation, 3))).containsExactly(true);

    assertThat(open(TENANT)).containsExactly(reservation);
  }

  @Test
  void takesOnlyWhatWasDecidedUnderTheEpochInForce() {
    List<ReservationStore.Decided> decided = new ArrayList<>();
    boolean[] expected = new boolean[ReservationStore.MOST_AT_ONCE];
    List<UUID> taken = new ArrayList<>();
    for (int i = 0; i < ReservationStore.MOST_AT_ONCE; i++) {
      int tenant = i % 3 == 0 ? OTHER : TENANT;
      boolean stale = i % 5 == 0;
      Reservation reservation = reservation(tenant);
      decided.add(
          new ReservationStore.Decided(reservation, (tenant == OTHER ? 9 : 3) - (stale ? 1 : 0)));
      expected[i] = !stale;
      if (!stale) {
        taken.add(reservation.id());
      }
    }

    assertThat(insert(decided.toArray(ReservationStore.Decided[]::new))).containsExactly(expected);

    List<UUID> there = new ArrayList<>();
    for (int tenant : new int[] {TENANT, OTHER}) {
      open(tenant).forEach(one -> there.add(one.id()));
    }
    assertThat(there).containsExactlyInAnyOrderElementsOf(taken);
  }

  @Test
  void commitsAllOfThemTogether() throws SQLException {
    ReservationStore.Decided[] decided =
        new ReservationStore.Decided[ReservationStore.MOST_AT_ONCE];
    for (int i = 0; i < decided.length; i++) {
      decided[i] = new ReservationStore.Decided(reservation(TENANT), 3);
    }
    insert(decided);

    assertThat(tables.texts("SELECT count(*) FROM alerting.reservations GROUP BY xmin"))
        .containsExactly(Integer.toString(decided.length));
  }

  @Test
  void doesNotAddOrChangeWhatIsThereAlready() {
    Reservation first = reservation(TENANT);
    Reservation again =
        new Reservation(
            first.id(), TENANT, 1, Map.of(), Map.of(), null, null, NOW, NOW.plusSeconds(99));
    insert(new ReservationStore.Decided(first, 3));

    assertThat(insert(new ReservationStore.Decided(again, 3))).containsExactly(false);
    assertThat(
            insert(
                new ReservationStore.Decided(again, 3),
                new ReservationStore.Decided(reservation(OTHER), 9)))
        .containsExactly(false, true);
    assertThat(open(TENANT)).containsExactly(first);
  }

  private boolean[] insert(ReservationStore.Decided... decided) {
    return session.run(connection -> store.insert(connection, List.of(decided)));
  }

  private List<Reservation> open(int tenant) {
    List<Reservation> open = new ArrayList<>();
    tables
        .database()
        .asTenant(
            tenant,
            connection -> store.eachPage(connection, tenant, NOW, one -> true, open::addAll));
    return open;
  }

  private static Reservation reservation(int tenant) {
    return new Reservation(
        UUID.randomUUID(),
        tenant,
        5,
        Map.of(UUID.randomUUID(), 5L),
        Map.of("agent", "a"),
        null,
        null,
        NOW,
        NOW.plusSeconds(30));
  }
}
