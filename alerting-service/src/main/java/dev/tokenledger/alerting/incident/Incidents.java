package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What sources of conditions say, made into incidents. Level-triggered: a source says what holds as
 * often as it looks, from as many processes as there are, and of one condition there is one
 * incident. Who reports several conditions in one transaction does so in the order of their keys,
 * so that two who do never wait for each other.
 */
@ApplicationScoped
public class Incidents {
  static final String SYSTEM = "system";

  /** How old the note of the last sight may get, so that looking often does not write often. */
  private static final Duration SIGHT = Duration.ofSeconds(30);

  private final IncidentRows rows;
  private final Transitions transitions;
  private final Clock clock;

  public Incidents(ObjectMapper json, Clock clock) {
    this.rows = new IncidentRows(json);
    this.transitions = new Transitions(json);
    this.clock = clock;
  }

  /**
   * Says that a condition holds, within the caller's transaction, which must be the tenant's. It
   * opens an incident; or escalates one whose level is lower, or that was never as severe at this
   * level, which opens it again if it was acknowledged or resolved; or only refreshes what is known
   * of it. An incident that was resolved by hand stays resolved until its condition gets worse, or
   * {@link #clear} has said that it ended.
   *
   * @return whether there was a transition, of which the condition's channels will be told
   */
  public boolean report(Connection connection, Condition condition) throws SQLException {
    Instant now = clock.instant();
    Optional<Incident> incident = rows.lock(connection, condition.tenantId(), condition.key());
    while (incident.isEmpty()) {
      UUID id = UUID.randomUUID();
      if (rows.insert(connection, id, condition, now)) {
        begin(connection, id, condition, HistoryEvent.OPENED, null, now);
        return true;
      }
      // Somebody else was first. Unless its end was committed meanwhile, it is there now.
      incident = rows.lock(connection, condition.tenantId(), condition.key());
    }
    Incident known = incident.get();
    if (isWorse(connection, condition, known)) {
      rows.escalate(connection, known.id(), condition, now);
      HistoryEvent event = known.isResolved() ? HistoryEvent.REOPENED : HistoryEvent.ESCALATED;
      begin(connection, known.id(), condition, event, known.status(), now);
      return true;
    }
    refresh(connection, known, condition, now);
    return false;
  }

  /** Whether a condition is worse than its incident ever was. */
  private boolean isWorse(Connection connection, Condition condition, Incident known)
      throws SQLException {
    if (condition.level() != known.level()) {
      return condition.level() > known.level();
    }
    // The incident's severity follows its condition down without a word; on its way up again only
    // what is new is told.
    return condition.severity().compareTo(known.severity()) > 0
        && condition.severity().compareTo(transitions.worst(connection, known)) > 0;
  }

  /**
   * Says how a condition stands of which {@link #report} was told before, within the caller's
   * transaction, which must be the tenant's. It takes over what is known of it, at the level that
   * the incident has, and makes no transition: an incident that has ended is not opened again, and
   * none gets worse.
   */
  public void update(Connection connection, Condition condition) throws SQLException {
    Optional<Incident> incident = rows.lock(connection, condition.tenantId(), condition.key());
    if (incident.isPresent()) {
      refresh(connection, incident.get(), condition, clock.instant());
    }
  }

  private void begin(
      Connection connection,
      UUID id,
      Condition condition,
      HistoryEvent event,
      @Nullable IncidentStatus from,
      Instant now)
      throws SQLException {
    HistoryEntry entry =
        new HistoryEntry(
            now,
            SYSTEM,
            event,
            from,
            IncidentStatus.OPEN,
            condition.level(),
            condition.severity(),
            null);
    transitions.begin(connection, id, condition, entry, Messages.firing(id, condition, now));
  }

  private void refresh(Connection connection, Incident known, Condition condition, Instant now)
      throws SQLException {
    boolean stale = Duration.between(known.lastSeenAt(), now).compareTo(SIGHT) >= 0;
    // At a lower level than it has had, the incident keeps what was said of the highest.
    boolean speaksOfIt = condition.level() == known.level() && !known.isResolved();
    boolean differs =
        !condition.text().equals(known.text())
            || !condition.title().equals(known.title())
            || condition.severity() != known.severity()
            || !condition.channels().equals(known.channels());
    if (speaksOfIt && (differs || stale)) {
      rows.refresh(connection, known.id(), condition, now);
    } else if (stale) {
      rows.seen(connection, known.id(), now);
    }
  }

  /**
   * Says that a condition has ended, within the caller's transaction, which must be the tenant's.
   *
   * @param reason for people, in a few words, such as {@code the period has ended}
   * @return whether an incident was resolved by this; false if there was none, or somebody had
   *     resolved it
   */
  public boolean clear(Connection connection, int tenantId, String key, String reason)
      throws SQLException {
    Optional<Incident> incident = rows.lock(connection, tenantId, key);
    if (incident.isEmpty()) {
      return false;
    }
    Incident known = incident.get();
    Instant now = clock.instant();
    boolean resolves = !known.isResolved();
    if (resolves) {
      resolve(connection, known, SYSTEM, reason, now);
    }
    rows.end(connection, known.id(), now);
    return resolves;
  }

  /** Resolves an incident that is locked and not resolved. */
  void resolve(
      Connection connection, Incident known, String actor, @Nullable String reason, Instant now)
      throws SQLException {
    rows.resolve(connection, known.id(), actor, now);
    HistoryEntry entry =
        new HistoryEntry(
            now,
            actor,
            HistoryEvent.RESOLVED,
            known.status(),
            IncidentStatus.RESOLVED,
            known.level(),
            known.severity(),
            reason);
    Notification message = Messages.resolved(known, now, actor, reason);
    transitions.end(connection, known, entry, message);
    transitions.lookAgain(connection, known.tenantId(), now);
  }

  /**
   * Has the tenant's muted notifications looked at again soon: a reason for muting may be gone.
   * Without it they are looked at from time to time.
   */
  public void lookAgain(Connection connection, int tenantId) throws SQLException {
    transitions.lookAgain(connection, tenantId, clock.instant());
  }

  /**
   * The keys of a source's conditions that have not ended as far as is known, ascending: also of
   * those whose incidents were resolved by hand. An evaluator clears the ones that no longer hold.
   *
   * @param sourceId of the budget or rule; null for all of the source
   */
  public List<String> openKeys(
      Connection connection, int tenantId, String source, @Nullable UUID sourceId)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT condition_key FROM alerting.incidents WHERE tenant_id = ? AND source = ?"
                + " AND ended_at IS NULL AND (? OR source_id = ?) ORDER BY condition_key")) {
      select.setInt(1, tenantId);
      select.setString(2, source);
      select.setBoolean(3, sourceId == null);
      select.setObject(4, sourceId);
      try (ResultSet row = select.executeQuery()) {
        List<String> keys = new ArrayList<>();
        while (row.next()) {
          keys.add(row.getString(1));
        }
        return keys;
      }
    }
  }

  /**
   * The tenants for which {@link #openKeys} has keys of a source, to be asked on behalf of the
   * service: a source whose last budget or rule was deleted still has to clear what it had
   * reported.
   */
  public List<Integer> tenants(Connection connection, String source) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT DISTINCT tenant_id FROM alerting.incidents"
                + " WHERE source = ? AND ended_at IS NULL")) {
      select.setString(1, source);
      try (ResultSet row = select.executeQuery()) {
        List<Integer> tenants = new ArrayList<>();
        while (row.next()) {
          tenants.add(row.getInt(1));
        }
        return tenants;
      }
    }
  }
}
