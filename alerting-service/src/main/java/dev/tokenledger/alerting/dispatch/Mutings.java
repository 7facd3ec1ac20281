package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.silence.Silences;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Reads what mutes incidents, within the caller's transaction. */
@ApplicationScoped
public class Mutings {
  private final Silences silences;
  private final IncidentReader incidents;

  public Mutings(Silences silences, IncidentReader incidents) {
    this.silences = silences;
    this.incidents = incidents;
  }

  public Muting at(Connection connection, int tenantId, Instant now) throws SQLException {
    List<Incident> speakers = incidents.unresolved(connection, tenantId, "budget");
    return new Muting(
        silences.active(connection, tenantId, now), speakers, heard(connection, speakers));
  }

  /** The channels that know of incidents or are about to be told, by incident. */
  private static Map<UUID, Set<UUID>> heard(Connection connection, List<Incident> speakers)
      throws SQLException {
    Map<UUID, Set<UUID>> heard = new HashMap<>();
    if (speakers.isEmpty()) {
      return heard;
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id, channel_id FROM alerting.told WHERE incident_id = ANY (?)"
                + " UNION SELECT incident_id, channel_id FROM alerting.untold"
                + " WHERE incident_id = ANY (?)")) {
      Array ids = connection.createArrayOf("uuid", speakers.stream().map(Incident::id).toArray());
      select.setArray(1, ids);
      select.setArray(2, ids);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          heard
              .computeIfAbsent(row.getObject(1, UUID.class), id -> new HashSet<>())
              .add(row.getObject(2, UUID.class));
        }
      }
    }
    return heard;
  }
}
