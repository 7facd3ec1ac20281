package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.budget.Budget;
import dev.tokenledger.alerting.budget.BudgetPeriod;
import dev.tokenledger.alerting.budget.BudgetStore;
import dev.tokenledger.alerting.budget.SpendReader;
import dev.tokenledger.alerting.budget.UnreadableBudgetException;
import dev.tokenledger.alerting.budget.UnreadableBudgets;
import dev.tokenledger.alerting.loopguard.LoopGuardStore;
import dev.tokenledger.alerting.reservation.GuardChanged;
import dev.tokenledger.alerting.reservation.GuardEpochs;
import dev.tokenledger.alerting.reservation.Reservation;
import dev.tokenledger.alerting.reservation.ReservationStore;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.quarkus.redis.client.RedisClientName;
import io.vertx.mutiny.redis.client.Redis;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what Redis holds of each tenant's guard true to the ledger. All of it is set, never added
 * to: whatever number of processes does it, and in whatever order, the latest reading stays.
 *
 * <p>Why nothing is granted twice, or beyond a limit:
 *
 * <ul>
 *   <li>Of two readings of the ledger the later is known by its revision; the earlier is refused.
 *   <li>A reading has the spend and the reservations that are settled in it from one snapshot, and
 *       sets both at once: an amount is reserved until it is spent, and never neither.
 *   <li>A guard is made anew at a new epoch only. The reservations of earlier epochs were all
 *       committed before it began, and those decided at an earlier epoch that were not are refused
 *       by the transaction that would commit them: see {@link GuardEpochs}.
 *   <li>A lease ends once the ledger has everything until its end, and not before.
 * </ul>
 */
@ApplicationScoped
public class GuardState {
  private static final Logger LOG = Logger.getLogger(GuardState.class);

  /** Answers of {@link GuardScripts#REFRESH}. */
  private static final int OVERTAKEN = 0;

  private static final int EARLIER_EPOCH = 3;

  /** What a staged guard may take to be put in force; then it vanishes. */
  private static final Duration STAGING = Duration.ofMinutes(10);

  /** How far clocks of one installation may be apart. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(1);

  private final Database database;
  private final BudgetStore budgets;
  private final LoopGuardStore loopGuards;
  private final ReservationStore reservations;
  private final SpendReader spending;
  private final FreshnessReader freshness;
  private final RedisScript refresh;
  private final LeaseLoop leases;
  private final RedisScript stage;
  private final RedisScript stageReservations;
  private final RedisScript putInForce;
  private final Clock clock;
  private final Map<Integer, GuardSnapshot> books = new ConcurrentHashMap<>();
  private final Map<Integer, Object> locks = new ConcurrentHashMap<>();

  /** The revision of the ledger at which each tenant's reservations were last looked for in it. */
  private final Map<Integer, Long> searched = new ConcurrentHashMap<>();

  GuardState(
      AlertingStart start,
      BudgetStore budgets,
      UnreadableBudgets unreadable,
      LoopGuardStore loopGuards,
      ReservationStore reservations,
      LeaseLoop leases,
      BlockingRedis blockingRedis,
      StreamConfig streams,
      AlertingConfig config,
      @RedisClientName(GuardKeys.REDIS) Redis redis,
      Clock clock) {
    this.database = start.database();
    this.budgets = budgets;
    this.loopGuards = loopGuards;
    this.reservations = reservations;
    this.spending = new SpendReader(start.queries(), unreadable);
    this.freshness =
        new FreshnessReader(database, blockingRedis, streams, config.sweepInterval(), clock);
    this.refresh = new RedisScript(redis, GuardScripts.REFRESH);
    this.leases = leases;
    this.stage = new RedisScript(redis, GuardScripts.STAGE);
    this.stageReservations = new RedisScript(redis, GuardScripts.STAGE_RESERVATIONS);
    this.putInForce = new RedisScript(redis, GuardScripts.PUT_IN_FORCE);
    this.clock = clock;
  }

  /** What is known of a tenant's guard, or null when it was never read. */
  public @Nullable GuardSnapshot known(int tenantId) {
    return books.get(tenantId);
  }

  /** Reads a tenant's budgets and loop guards. Blocks. */
  public GuardSnapshot load(int tenantId) {
    GuardSnapshot book =
        database.snapshotAsTenant(
            tenantId,
            connection ->
                new GuardSnapshot(
                    tenantId,
                    GuardEpochs.current(connection, tenantId),
                    budgets.all(connection, tenantId),
                    loopGuards.all(connection, tenantId)));
    books.merge(tenantId, book, (old, read) -> read.epoch() >= old.epoch() ? read : old);
    return Objects.requireNonNull(books.get(tenantId));
  }

  /** Reads a tenant's guard again, unless that was done since the caller looked. Blocks. */
  public GuardSnapshot reload(GuardSnapshot seen) {
    synchronized (lock(seen.tenantId())) {
      GuardSnapshot known = books.get(seen.tenantId());
      return known == null || known.epoch() == seen.epoch() ? load(seen.tenantId()) : known;
    }
  }

  /** The tenants that have budgets. Blocks. */
  List<Integer> tenants() {
    return database.asService(budgets::tenants);
  }

  /**
   * Makes what Redis holds anew, unless another thread has done so since the caller looked. Blocks.
   *
   * @param seen the book that the caller decided by
   * @param redisEpoch the epoch that Redis was at, or 0 when it had none
   */
  public void rebuild(GuardSnapshot seen, long redisEpoch) {
    int tenantId = seen.tenantId();
    synchronized (lock(tenantId)) {
      GuardSnapshot known = books.get(tenantId);
      if (known != null && known.epoch() != seen.epoch()) {
        // Made anew meanwhile, or a budget was changed: the caller decides by that first.
        return;
      }
      long epoch =
          database.asTenant(
              tenantId, connection -> GuardEpochs.next(connection, tenantId, redisEpoch));
      GuardSnapshot book = load(tenantId);
      if (book.epoch() != epoch) {
        // Somebody else is at it with a later epoch, or has changed a budget.
        return;
      }
      Instant through = through(tenantId);
      int answer = withoutUnreadable(book, () -> putInForce(book, through));
      LOG.infof(
          "guard of tenant %d made anew at epoch %d with %d budgets: %s",
          tenantId,
          epoch,
          book.budgets().size(),
          answer == 1
              ? "in force"
              : answer == OVERTAKEN
                  ? "another process was faster"
                  : "Redis has lost it again meanwhile");
    }
  }

  /**
   * Makes the keys of a guard beside those in force, a page of reservations after the other however
   * many there are, and puts them in force at once.
   */
  private int putInForce(GuardSnapshot book, Instant through) {
    int tenantId = book.tenantId();
    List<String> staged = GuardKeys.staged(tenantId, UUID.randomUUID());
    String lifetime = Long.toString(STAGING.toSeconds());
    int count =
        database.snapshotAsTenant(
            tenantId,
            connection -> {
              List<String> standings = new ArrayList<>(List.of(lifetime));
              standings.add(Long.toString(book.epoch()));
              addStandings(connection, book, through, standings);
              stage.await(staged, standings);
              Set<UUID> settled = Set.copyOf(reservations.settled(connection, tenantId));
              return reservations.eachPage(
                  connection,
                  tenantId,
                  through,
                  reservation -> !settled.contains(reservation.id()),
                  page -> stageReservations.await(staged, held(page, book, lifetime)));
            });
    List<String> keys = new ArrayList<>(GuardKeys.inForce(tenantId));
    keys.addAll(staged);
    return putInForce.await(keys, List.of(Integer.toString(count))).toInteger();
  }

  private static List<String> held(List<Reservation> page, GuardSnapshot book, String lifetime) {
    List<String> arguments = new ArrayList<>(List.of(lifetime));
    for (Reservation reservation : page) {
      arguments.add(reservation.id().toString());
      arguments.add(Long.toString(reservation.expiresAt().toEpochMilli()));
      arguments.add(held(amounts(reservation, book)));
    }
    return arguments;
  }

  /** What a reservation holds of the budgets as they are now. */
  private static Map<UUID, Long> amounts(Reservation reservation, GuardSnapshot book) {
    Map<UUID, Long> amounts = new LinkedHashMap<>();
    for (Budget budget : book.matching(reservation.subject())) {
      amounts.put(
          budget.id(), reservation.budgets().getOrDefault(budget.id(), reservation.amountNanos()));
    }
    return amounts;
  }

  private static String held(Map<UUID, Long> amounts) {
    return amounts.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(","));
  }

  /**
   * Sets what the ledger has of a tenant now, ends the reservations that are settled, and has those
   * ended whose lease is over. Blocks.
   */
  public void refresh(int tenantId) {
    synchronized (lock(tenantId)) {
      GuardSnapshot book = load(tenantId);
      if (book.epoch() == 0) {
        return;
      }
      Instant through = through(tenantId);
      Reading reading = withoutUnreadable(book, () -> read(book, through));
      List<String> arguments = new ArrayList<>(reading.standings);
      reading.settled.forEach(id -> arguments.add(id.toString()));
      int answer = refresh.await(GuardKeys.inForce(tenantId), arguments).toInteger();
      if (answer == EARLIER_EPOCH) {
        // A process changed a budget and ended before it could say so.
        rebuild(book, 0);
      } else if (answer != OVERTAKEN) {
        // While Redis holds nothing, what is made anew will not have them either.
        if (!reading.settled.isEmpty()) {
          database.asTenant(
              tenantId, connection -> reservations.delete(connection, tenantId, reading.settled));
        }
        searched.put(tenantId, reading.revision);
        leases.end(tenantId, book.epoch(), through);
      }
    }
  }

  /**
   * What was read of the ledger for a refresh.
   *
   * @param standings epoch, revision, through and budgets, as the scripts take them
   * @param settled the reservations whose calls are in it
   */
  private record Reading(long revision, List<String> standings, List<UUID> settled) {}

  private Reading read(GuardSnapshot book, Instant through) {
    int tenantId = book.tenantId();
    return database.snapshotAsTenant(
        tenantId,
        connection -> {
          List<String> standings = new ArrayList<>();
          standings.add(Long.toString(book.epoch()));
          long revision = addStandings(connection, book, through, standings);
          // A call comes into the ledger after its reservation, and with a new revision.
          return new Reading(
              revision,
              standings,
              Long.valueOf(revision).equals(searched.get(tenantId))
                  ? List.of()
                  : reservations.settled(connection, tenantId));
        });
  }

  /**
   * Reads a tenant's budgets; one that turns out to be unreadable is left alone from then on, and
   * the others are read again without it.
   */
  private static <T> T withoutUnreadable(GuardSnapshot book, Supplier<T> reading) {
    for (int left = book.budgets().size(); ; left--) {
      try {
        return reading.get();
      } catch (UnreadableBudgetException e) {
        LOG.debugf(e, "the guard of tenant %d is read without it", book.tenantId());
        if (left <= 0) {
          throw e;
        }
      }
    }
  }

  /** Budgets or loop guards of a tenant were changed, and the change is committed. */
  void changed(@Observes GuardChanged change) {
    try {
      rebuild(load(change.tenantId()), 0);
    } catch (RedisUnavailableException e) {
      LOG.debugf(e, "Redis hears of the change with the next sweep");
    } catch (RuntimeException e) {
      // The change is made and its caller is told so, whatever becomes of the guard.
      LOG.warnf(e, "tenant %d: the guard hears of a change with the next sweep", change.tenantId());
    }
  }

  /**
   * Adds revision, through, and where each budget stands, as the scripts take them; returns the
   * revision.
   */
  private long addStandings(
      Connection connection, GuardSnapshot book, Instant through, List<String> arguments)
      throws SQLException {
    long revision = revision(connection, book.tenantId());
    arguments.add(Long.toString(revision));
    arguments.add(Long.toString(through.toEpochMilli()));
    arguments.add(Integer.toString(book.budgets().size()));
    Instant now = clock.instant();
    for (Budget budget : book.budgets()) {
      BudgetPeriod period = budget.periodAt(now);
      long available =
          spending.unreadable(budget).isPresent()
              ? UnknownBalance.of(budget)
              : Math.subtractExact(
                  budget.amountNanos(),
                  spending.read(connection, budget, period).countedNanos(budget));
      arguments.add(budget.id().toString());
      arguments.add(Long.toString(period.end().toEpochMilli()));
      arguments.add(Long.toString(available));
    }
    return revision;
  }

  private static long revision(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT revision FROM ledger.revisions WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /** Until when everything that was accepted is in the ledger. */
  private Instant through(int tenantId) {
    Instant now = clock.instant();
    Instant through = freshness.of(tenantId).dataThrough();
    return (through == null || through.isAfter(now) ? now : through).minus(CLOCK_TOLERANCE);
  }

  private Object lock(int tenantId) {
    return locks.computeIfAbsent(tenantId, t -> new Object());
  }
}
