package dev.tokenledger.aggregation.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Measure;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Locale;

/** Records each change to a stored event, in the transaction that makes it. */
public final class Adjustments {
  private static final JsonFactory JSON = new JsonFactory();

  private static final String INSERT =
      "INSERT INTO ledger.adjustments"
          + " (tenant_id, reason, actor, event_id, event_key, event_time, before, after)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb)";

  /** Why an event was changed. The label is stored. */
  public enum Reason {
    /** The reporter has sent an update. */
    AMENDED,
    /** Its price was added or corrected. */
    REPRICED,
    /** A record of the same call was found in its trace. */
    WRAPPER,
    /** A span above it has come, or says something else. */
    INHERITED
  }

  public void write(
      Connection connection, Reason reason, String actor, Collection<StoredEvents.Change> changes)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (StoredEvents.Change change : changes) {
        insert.setInt(1, change.after().tenantId());
        insert.setString(2, reason.name().toLowerCase(Locale.ROOT));
        insert.setString(3, actor);
        insert.setString(4, change.after().eventId());
        insert.setObject(5, change.after().key());
        insert.setObject(6, StoredEvents.instant(change.after()).atOffset(ZoneOffset.UTC));
        insert.setString(7, state(change.before()));
        insert.setString(8, state(change.after()));
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** The state that counts: when, whether counted, dimension ids and measures that are not zero. */
  private static String state(LedgerEvent event) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("time", StoredEvents.instant(event).toString());
      json.writeBooleanField("counted", event.counted());
      if (event.unpricedReason() != null) {
        json.writeStringField("unpriced_reason", event.unpricedReason());
      }
      json.writeObjectFieldStart("dimension_ids");
      for (Dimension dimension : EventStore.DIMENSIONS) {
        if (event.dimension(dimension) != 0) {
          json.writeNumberField(dimension.label(), event.dimension(dimension));
        }
      }
      json.writeEndObject();
      json.writeObjectFieldStart("measures");
      for (Measure measure : Measure.values()) {
        if (event.measures().get(measure) != 0) {
          json.writeNumberField(measure.column(), event.measures().get(measure));
        }
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }
}
