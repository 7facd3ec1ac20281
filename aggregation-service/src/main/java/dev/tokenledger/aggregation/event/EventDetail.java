package dev.tokenledger.aggregation.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.event.UserAction;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The column {@code detail}: what an event says beyond dimensions and measures, as one JSON object.
 * Most calls have none of it, and then there is no object.
 */
final class EventDetail {
  private static final JsonFactory JSON = new JsonFactory();

  private EventDetail() {}

  /** The object as text, or null when there is nothing to say. */
  static @Nullable String of(UsageEvent event) {
    if (event instanceof ModelCall call) {
      return isPlain(call) ? null : write(event);
    }
    return write(event);
  }

  private static boolean isPlain(ModelCall call) {
    return call.header().attributes().isEmpty()
        && call.units().isNone()
        && call.usage().cacheWrite1h() == 0
        && call.reservationId() == null
        && call.responseId() == null;
  }

  private static String write(UsageEvent event) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      if (event instanceof ModelCall call) {
        writeCall(json, call);
      } else if (event instanceof AgentRun run) {
        string(json, "task", run.task());
      } else if (event instanceof Step step) {
        json.writeStringField("step_type", step.kind().label());
        if (step.stepNumber() > 0) {
          json.writeNumberField("step_number", step.stepNumber());
        }
      } else if (event instanceof UserAction action) {
        json.writeStringField("action", action.action());
      }
      if (!event.header().attributes().isEmpty()) {
        json.writeObjectFieldStart("attributes");
        for (Map.Entry<String, String> entry : event.header().attributes().entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }

  private static void writeCall(JsonGenerator json, ModelCall call) throws IOException {
    string(json, "reservation_id", call.reservationId());
    string(json, "response_id", call.responseId());
    number(json, "cache_write_1h_tokens", call.usage().cacheWrite1h());
    BillableUnits units = call.units();
    number(json, "input_ms", units.inputMillis());
    number(json, "output_ms", units.outputMillis());
    number(json, "input_images", units.inputImages());
    number(json, "output_images", units.outputImages());
    number(json, "input_characters", units.inputCharacters());
    number(json, "searches", units.searches());
  }

  private static void string(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(name, value);
    }
  }

  private static void number(JsonGenerator json, String name, long value) throws IOException {
    if (value != 0) {
      json.writeNumberField(name, value);
    }
  }
}
