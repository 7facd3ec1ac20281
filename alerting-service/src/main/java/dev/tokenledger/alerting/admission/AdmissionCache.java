package dev.tokenledger.alerting.admission;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.pricing.PriceBooks;
import dev.tokenledger.platform.pricing.PriceTable;
import dev.tokenledger.platform.privacy.Pseudonyms;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Prices and pseudonyms in memory, as the door has them, so that a decision needs no I/O for them.
 * Read again when the revision of the admission schema has grown; what was read stays in use while
 * the database is away. Thread-safe.
 */
@Default
@Readiness
@ApplicationScoped
public class AdmissionCache implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(AdmissionCache.class);

  private final AlertingStart start;
  private final Database database;
  private final PriceBooks prices;

  private volatile @Nullable Snapshot snapshot;

  private record Snapshot(long revision, PriceBook book, Map<Integer, Pseudonyms> pseudonyms) {}

  public AdmissionCache(AlertingStart start, PriceBooks prices) {
    this.start = start;
    this.database = start.database();
    this.prices = prices;
  }

  /** The prices of now. */
  public PriceBook book() {
    return loaded().book;
  }

  /** A person's pseudonym in a tenant; of a pseudonym, the same. Blocks for a tenant just made. */
  public String pseudonym(int tenantId, String user) {
    Pseudonyms known = loaded().pseudonyms.get(tenantId);
    if (known == null) {
      refresh();
      known = loaded().pseudonyms.get(tenantId);
    }
    if (known == null) {
      throw new IllegalStateException("tenant " + tenantId + " has no key for pseudonyms");
    }
    return known.of(user);
  }

  /** Whether pseudonyms of a tenant can be had without blocking. */
  public boolean knows(int tenantId) {
    Snapshot current = snapshot;
    return current != null && current.pseudonyms.containsKey(tenantId);
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("door rules").status(snapshot != null).build();
  }

  @Scheduled(
      identity = "door-rules",
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void refreshSometimes() {
    if (start.isDone()) {
      try {
        refresh();
      } catch (ProblemException e) {
        LOG.debugf(e, "what was read of prices and pseudonyms stays in use");
      } catch (IllegalStateException e) {
        // The ingest service makes these tables; started alone, the guard may come before them.
        LOG.warnf("prices and pseudonyms cannot be read yet: %s", e.getMessage());
        LOG.debugf(e, "door rules");
      }
    }
  }

  /** Reads everything again if anything has changed. Blocks. */
  private synchronized void refresh() {
    Snapshot current = snapshot;
    snapshot =
        database.asService(
            connection -> {
              long revision = PriceTable.revision(connection);
              return current != null && current.revision == revision
                  ? current
                  : new Snapshot(
                      revision,
                      prices.book(connection),
                      readPseudonyms(connection, current == null ? Map.of() : current.pseudonyms));
            });
  }

  private static Map<Integer, Pseudonyms> readPseudonyms(
      Connection connection, Map<Integer, Pseudonyms> known) throws SQLException {
    Map<Integer, Pseudonyms> all = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement("SELECT tenant_id, pseudonym_key FROM admission.privacy");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        int tenantId = rows.getInt(1);
        // A tenant's key never changes, so the pseudonyms computed so far stay good.
        Pseudonyms before = known.get(tenantId);
        all.put(tenantId, before == null ? new Pseudonyms(rows.getBytes(2)) : before);
      }
    }
    return Map.copyOf(all);
  }

  private Snapshot loaded() {
    Snapshot current = snapshot;
    if (current == null) {
      throw ProblemException.retryable(
          ProblemCode.NOT_READY,
          "Prices and privacy rules have not been read yet.",
          Duration.ofSeconds(1),
          null);
    }
    return current;
  }
}
