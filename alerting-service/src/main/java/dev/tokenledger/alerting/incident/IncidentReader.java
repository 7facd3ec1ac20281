package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Severity;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads incidents within the caller's transaction. */
@ApplicationScoped
public class IncidentReader {
  /** The latest entries of a history that are shown. */
  static final int MAX_HISTORY = 1_000;

  private final IncidentRows rows;

  public IncidentReader(ObjectMapper json) {
    this.rows = new IncidentRows(json);
  }

  /** What a list is to hold; an empty set stands for anything. */
  public record Filter(
      Set<IncidentStatus> statuses, Set<Severity> severities, Set<String> sources) {
    public Filter {
      statuses = Set.copyOf(statuses);
      severities = Set.copyOf(severities);
      sources = Set.copyOf(sources);
    }
  }

  public Optional<Incident> find(Connection connection, int tenantId, UUID id) throws SQLException {
    return rows
        .select(
            connection,
            "tenant_id = ? AND incident_id = ?",
            statement -> {
              statement.setInt(1, tenantId);
              statement.setObject(2, id);
            })
        .stream()
        .findFirst();
  }

  /** Incidents of any tenants that the transaction sees. */
  public List<Incident> find(Connection connection, Collection<UUID> ids) throws SQLException {
    return rows.select(
        connection,
        "incident_id = ANY (?)",
        statement -> statement.setArray(1, connection.createArrayOf("uuid", ids.toArray())));
  }

  /**
   * All unresolved incidents of a source. It is meant for budgets: their number has a bound, and
   * each has one at a time, or two while one of its periods is taking over from another.
   */
  public List<Incident> unresolved(Connection connection, int tenantId, String source)
      throws SQLException {
    return rows.select(
        connection,
        "tenant_id = ? AND source = ? AND ended_at IS NULL AND status <> 'resolved'",
        statement -> {
          statement.setInt(1, tenantId);
          statement.setString(2, source);
        });
  }

  /**
   * A page, the latest first.
   *
   * @param after the last of the page before; null for the first page
   */
  public List<Incident> page(
      Connection connection, int tenantId, Filter filter, int limit, @Nullable UUID after)
      throws SQLException {
    return rows.select(
        connection,
        "tenant_id = ? AND (cardinality(?::text[]) = 0 OR status = ANY (?))"
            + " AND (cardinality(?::text[]) = 0 OR severity = ANY (?))"
            + " AND (cardinality(?::text[]) = 0 OR source = ANY (?))"
            + " AND (? OR (opened_at, incident_id) < (SELECT opened_at, incident_id"
            + " FROM alerting.incidents WHERE tenant_id = ? AND incident_id = ?))"
            + " ORDER BY opened_at DESC, incident_id DESC LIMIT ?",
        statement -> {
          int at = 1;
          statement.setInt(at++, tenantId);
          for (List<String> labels :
              List.of(
                  filter.statuses.stream().map(IncidentStatus::label).toList(),
                  filter.severities.stream().map(Severity::label).toList(),
                  List.copyOf(filter.sources))) {
            statement.setArray(at++, connection.createArrayOf("text", labels.toArray()));
            statement.setArray(at++, connection.createArrayOf("text", labels.toArray()));
          }
          statement.setBoolean(at++, after == null);
          statement.setInt(at++, tenantId);
          statement.setObject(at++, after);
          statement.setInt(at, limit);
        });
  }

  /** The history of an incident, the first entry first; of a very long one its latest entries. */
  public List<HistoryEntry> history(Connection connection, int tenantId, UUID id)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT at, actor, event, from_status, to_status, level, severity, comment"
                + " FROM alerting.incident_history WHERE tenant_id = ? AND incident_id = ?"
                + " ORDER BY entry_id DESC LIMIT "
                + MAX_HISTORY)) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        List<HistoryEntry> history = new ArrayList<>();
        while (row.next()) {
          String from = row.getString(4);
          history.add(
              new HistoryEntry(
                  row.getTimestamp(1).toInstant(),
                  row.getString(2),
                  HistoryEvent.of(row.getString(3)),
                  from == null ? null : IncidentStatus.of(from),
                  IncidentStatus.of(row.getString(5)),
                  row.getInt(6),
                  Severity.of(row.getString(7)),
                  row.getString(8)));
        }
        Collections.reverse(history);
        return history;
      }
    }
  }
}
