package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.alerting.silence.Silences;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;

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
    return new Muting(
        silences.active(connection, tenantId, now),
        incidents.unresolved(connection, tenantId, "budget"));
  }
}
