package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What people do about incidents, within the caller's transaction, which must be the tenant's. Two
 * who do the same at once do it once: the second finds it done, which is no error.
 *
 * <p>All methods throw a {@link ProblemException}: {@link ProblemCode#NOT_FOUND} if there is no
 * such incident, {@link ProblemCode#CONFLICT} if its status does not allow what is asked.
 */
@ApplicationScoped
public class IncidentActions {
  private final IncidentRows rows;
  private final Transitions transitions;
  private final Incidents incidents;
  private final Clock clock;

  public IncidentActions(ObjectMapper json, Incidents incidents, Clock clock) {
    this.rows = new IncidentRows(json);
    this.transitions = new Transitions(json);
    this.incidents = incidents;
    this.clock = clock;
  }

  /**
   * Says that somebody takes care of an incident. No channel is told.
   *
   * @param comment why, or what is going to be done; null for none
   */
  public void acknowledge(
      Connection connection, int tenantId, UUID id, String actor, @Nullable String comment)
      throws SQLException {
    Incident incident = lock(connection, tenantId, id);
    switch (incident.status()) {
      case OPEN -> {
        Instant now = clock.instant();
        rows.acknowledge(connection, id, actor, now);
        transitions.note(
            connection,
            incident,
            entry(
                incident,
                now,
                actor,
                HistoryEvent.ACKNOWLEDGED,
                IncidentStatus.ACKNOWLEDGED,
                comment));
      }
      case ACKNOWLEDGED -> keep(connection, incident, actor, comment);
      case RESOLVED ->
          throw new ProblemException(
              ProblemCode.CONFLICT, "The incident is resolved; there is nothing to acknowledge.");
    }
  }

  /**
   * Resolves an incident whose condition may still hold; see {@link Incidents#report} for what
   * becomes of it then.
   */
  public void resolve(
      Connection connection, int tenantId, UUID id, String actor, @Nullable String comment)
      throws SQLException {
    Incident incident = lock(connection, tenantId, id);
    if (incident.isResolved()) {
      keep(connection, incident, actor, comment);
    } else {
      incidents.resolve(connection, incident, actor, comment, clock.instant());
    }
  }

  /** Adds a comment, whatever the status. */
  public void comment(Connection connection, int tenantId, UUID id, String actor, String comment)
      throws SQLException {
    keep(connection, lock(connection, tenantId, id), actor, comment);
  }

  /**
   * Says who is to take care of an incident.
   *
   * @param assignee any name; null for nobody
   */
  public void assign(
      Connection connection,
      int tenantId,
      UUID id,
      String actor,
      @Nullable String assignee,
      @Nullable String comment)
      throws SQLException {
    Incident incident = lock(connection, tenantId, id);
    checkRoom(connection, incident);
    rows.assign(connection, id, assignee);
    String whom = assignee == null ? "Assigned to nobody." : "Assigned to " + assignee + ".";
    transitions.note(
        connection,
        incident,
        entry(
            incident,
            clock.instant(),
            actor,
            HistoryEvent.ASSIGNED,
            incident.status(),
            comment == null ? whom : whom + " " + comment));
  }

  /** Notes a comment, if there is one, and leaves the status. */
  private void keep(
      Connection connection, Incident incident, String actor, @Nullable String comment)
      throws SQLException {
    if (comment != null) {
      checkRoom(connection, incident);
      transitions.note(
          connection,
          incident,
          entry(
              incident,
              clock.instant(),
              actor,
              HistoryEvent.COMMENTED,
              incident.status(),
              comment));
    }
  }

  private static HistoryEntry entry(
      Incident incident,
      Instant now,
      String actor,
      HistoryEvent event,
      IncidentStatus to,
      @Nullable String comment) {
    return new HistoryEntry(
        now, actor, event, incident.status(), to, incident.level(), incident.severity(), comment);
  }

  /** Transitions are as many as there are; what people add to them has a bound. */
  private static void checkRoom(Connection connection, Incident incident) throws SQLException {
    try (PreparedStatement count =
        connection.prepareStatement(
            "SELECT count(*) FROM alerting.incident_history WHERE incident_id = ?")) {
      count.setObject(1, incident.id());
      try (ResultSet row = count.executeQuery()) {
        row.next();
        if (row.getLong(1) >= IncidentReader.MAX_HISTORY) {
          throw new ProblemException(
              ProblemCode.CONFLICT,
              "The incident's history has "
                  + IncidentReader.MAX_HISTORY
                  + " entries; it takes no further comments.");
        }
      }
    }
  }

  private Incident lock(Connection connection, int tenantId, UUID id) throws SQLException {
    return rows.lock(connection, tenantId, id)
        .orElseThrow(
            () ->
                new ProblemException(ProblemCode.NOT_FOUND, "There is no incident with this id."));
  }
}
