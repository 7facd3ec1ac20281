package dev.tokenledger.aggregation.repricing;

import dev.tokenledger.aggregation.event.Adjustments;
import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.aggregation.hot.ChangeFeed;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.aggregation.rollup.RollupWriter;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.StoreOutage;
import dev.tokenledger.platform.pricing.PriceTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Prices stored calls anew: those without a cost whenever prices have changed, and those of a
 * period when somebody asks for it. Works in portions, each a transaction that changes events,
 * rollups and audit together; a crash between two portions loses nothing, since pricing a call
 * again that has its price changes nothing.
 */
public final class Repricer {
  private static final Logger LOG = Logger.getLogger(Repricer.class);
  public static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** Events of one transaction; bounds its memory and how long it holds locks. */
  private static final int PORTION = 1_000;

  private static final String UNPRICED =
      "SELECT time, event_key, tenant_id FROM ledger.events WHERE unpriced_reason IS NOT NULL"
          + " AND (tenant_id, time, event_key) > (?, ?, ?)"
          + " ORDER BY tenant_id, time, event_key LIMIT "
          + PORTION;

  private static final String OF_PERIOD =
      "SELECT e.time, e.event_key, e.tenant_id FROM ledger.events e WHERE e.tenant_id = ?"
          + " AND e.time >= ? AND e.time < ? AND (e.time, e.event_key) > (?, ?)"
          + " AND coalesce(e.model_calls, 0) > 0 AND (?::text IS NULL OR e.model IN"
          + " (SELECT value_id FROM ledger.dimension_values d WHERE d.tenant_id = e.tenant_id"
          + " AND d.dimension = 5 AND d.value = ?)) ORDER BY e.time, e.event_key LIMIT "
          + PORTION;

  private static final UUID LEAST = new UUID(0, 0);

  private final Database database;
  private final StoredEvents stored;
  private final Adjustments adjustments;
  private final Repricing repricing;
  private final RollupWriter rollups;
  private final HotRollups hot;
  private final ChangeFeed changes;
  private long pricedRevision = -1;

  /**
   * Whether events were priced anew whose hot rollups may not be in Redis: it was away, or the
   * process that did it was killed before it could write them.
   */
  private boolean hotBehind = true;

  public Repricer(
      Database database,
      StoredEvents stored,
      Adjustments adjustments,
      Repricing repricing,
      RollupWriter rollups,
      HotRollups hot,
      ChangeFeed changes) {
    this.database = database;
    this.stored = stored;
    this.adjustments = adjustments;
    this.repricing = repricing;
    this.rollups = rollups;
    this.hot = hot;
    this.changes = changes;
  }

  /**
   * Prices anew what there is to price.
   *
   * @param stopping whether to leave the rest for the next time
   */
  public void look(BooleanSupplier stopping) {
    database.inPortions(
        working ->
            database.inPortions(
                naming -> {
                  rollups.prepare(working);
                  working.commit();
                  if (hotBehind) {
                    hot.rebuild(naming);
                    hotBehind = false;
                  }
                  priceUnpriced(working, naming, stopping);
                  carryOutRequests(working, naming, stopping);
                }));
  }

  /** The place in the ledger up to which a pass has come. */
  private record Position(int tenantId, Instant time, UUID key) {}

  private record Portion(List<EventIdentity> events, Position last) {}

  private void priceUnpriced(Connection working, Connection naming, BooleanSupplier stopping)
      throws SQLException {
    long revision = PriceTable.revision(working);
    if (revision == pricedRevision) {
      return;
    }
    Position at = new Position(0, Instant.EPOCH, LEAST);
    while (!stopping.getAsBoolean()) {
      Position from = at;
      Optional<Portion> portion = unpriced(working, from);
      if (portion.isEmpty()) {
        break;
      }
      priceEach(working, naming, portion.get().events);
      at = portion.get().last;
    }
    if (!stopping.getAsBoolean()) {
      pricedRevision = revision;
    }
  }

  /**
   * Prices a portion; where that fails, one by one, so that an event that cannot be priced waits.
   */
  private void priceEach(Connection working, Connection naming, List<EventIdentity> events)
      throws SQLException {
    try {
      reprice(working, naming, events, "catalogue");
    } catch (SQLException | RuntimeException e) {
      giveWay(working, naming, e);
      if (events.size() == 1) {
        LOG.errorf(
            e,
            "event %s of tenant %d cannot be priced; it stays unpriced until prices change",
            events.get(0).key(),
            events.get(0).tenantId());
        return;
      }
      for (EventIdentity event : events) {
        priceEach(working, naming, List.of(event));
      }
    }
  }

  /**
   * Takes back what was begun, so that other work goes on.
   *
   * @throws SQLException the failure itself, or a runtime exception that it is, if a store is away,
   *     which all other work would meet too, or if the same may succeed the next time
   */
  private static void giveWay(Connection working, Connection naming, Exception failure)
      throws SQLException {
    if (failure instanceof SQLException e
        && (Database.isUnavailable(e) || Database.isTransient(e))) {
      throw e;
    }
    if (failure instanceof RuntimeException e && StoreOutage.isOne(e)) {
      throw e;
    }
    working.rollback();
    naming.rollback();
  }

  private static Optional<Portion> unpriced(Connection connection, Position from)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(UNPRICED)) {
      select.setInt(1, from.tenantId);
      select.setTimestamp(2, Timestamp.from(from.time));
      select.setObject(3, from.key);
      return portion(select);
    }
  }

  private static Optional<Portion> portion(PreparedStatement select) throws SQLException {
    List<EventIdentity> events = new ArrayList<>();
    Position last = null;
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        UUID key = rows.getObject(2, UUID.class);
        events.add(new EventIdentity(rows.getInt(3), key));
        last = new Position(rows.getInt(3), rows.getTimestamp(1).toInstant(), key);
      }
    }
    return last == null ? Optional.empty() : Optional.of(new Portion(events, last));
  }

  /** What a portion has done, in events and nano-dollars. */
  private record Outcome(int examined, int changed, long costBefore, long costAfter) {}

  private Outcome reprice(
      Connection working, Connection naming, List<EventIdentity> identities, String actor)
      throws SQLException {
    Map<EventIdentity, LedgerEvent> before = stored.load(working, stored.lock(working, identities));
    List<StoredEvents.Change> all = new ArrayList<>();
    before.values().forEach(event -> all.add(new StoredEvents.Change(event, event)));
    List<StoredEvents.Change> changed = new ArrayList<>();
    long costBefore = 0;
    long costAfter = 0;
    for (StoredEvents.Change change : repricing.price(working, all)) {
      costBefore = sum(costBefore, change.before().measures().get(Measure.COST));
      costAfter = sum(costAfter, change.after().measures().get(Measure.COST));
      if (differs(change)) {
        changed.add(change);
      }
    }
    if (!changed.isEmpty()) {
      store(working, naming, changed, actor);
    }
    working.commit();
    return new Outcome(before.size(), changed.size(), costBefore, costAfter);
  }

  /** A sum that stays at the most that there can be, for what is only shown. */
  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  private static boolean differs(StoredEvents.Change change) {
    return !change.before().measures().equals(change.after().measures())
        || !java.util.Arrays.equals(change.before().dimensions(), change.after().dimensions());
  }

  private void store(
      Connection working, Connection naming, List<StoredEvents.Change> changed, String actor)
      throws SQLException {
    RollupDelta delta = new RollupDelta();
    Set<Integer> tenants = new TreeSet<>();
    for (StoredEvents.Change change : changed) {
      delta.remove(change.before());
      delta.add(change.after());
      tenants.add(change.after().tenantId());
    }
    stored.replace(working, changed);
    adjustments.write(working, Adjustments.Reason.REPRICED, actor, changed);
    List<HotRollups.Row> core = rollups.write(working, naming, delta, delta.tenants());
    hotBehind = true;
    working.commit();
    hot.set(core);
    hotBehind = false;
    changes.announce(tenants);
    LOG.infof("%d events were priced anew", changed.size());
  }

  private void carryOutRequests(Connection working, Connection naming, BooleanSupplier stopping)
      throws SQLException {
    Set<UUID> tried = new HashSet<>();
    while (!stopping.getAsBoolean()) {
      Optional<RepricingRequests.Request> next = RepricingRequests.next(working, tried);
      if (next.isEmpty()) {
        return;
      }
      RepricingRequests.Request request = next.get();
      tried.add(request.id());
      try {
        carryOut(working, naming, request, stopping);
      } catch (SQLException | RuntimeException e) {
        giveWay(working, naming, e);
        boolean given =
            RepricingRequests.failed(working, request.id(), String.valueOf(e.getMessage()));
        LOG.errorf(
            e,
            "repricing %s of tenant %d failed%s",
            request.id(),
            request.tenantId(),
            given ? " and is given up" : "; it is tried again");
      }
    }
  }

  private void carryOut(
      Connection working,
      Connection naming,
      RepricingRequests.Request request,
      BooleanSupplier stopping)
      throws SQLException {
    Position at = new Position(request.tenantId(), Instant.EPOCH, LEAST);
    long examined = 0;
    long changed = 0;
    long before = 0;
    long after = 0;
    while (!stopping.getAsBoolean()) {
      Optional<Portion> portion = ofPeriod(working, request, at);
      if (portion.isEmpty()) {
        RepricingRequests.finish(working, request.id(), examined, changed, before, after);
        return;
      }
      if (!RepricingRequests.isWanted(working, request.id())) {
        return;
      }
      Outcome outcome = reprice(working, naming, portion.get().events, request.actor());
      examined += outcome.examined;
      changed += outcome.changed;
      before = sum(before, outcome.costBefore);
      after = sum(after, outcome.costAfter);
      at = portion.get().last;
    }
  }

  private static Optional<Portion> ofPeriod(
      Connection connection, RepricingRequests.Request request, Position from) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(OF_PERIOD)) {
      select.setInt(1, request.tenantId());
      select.setTimestamp(2, Timestamp.from(request.start()));
      select.setTimestamp(3, Timestamp.from(request.end()));
      select.setTimestamp(4, Timestamp.from(from.time));
      select.setObject(5, from.key);
      select.setString(6, request.model());
      select.setString(7, request.model());
      return portion(select);
    }
  }
}
