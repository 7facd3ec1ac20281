package dev.tokenledger.reporting.query;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import dev.tokenledger.platform.query.QueryService;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;

/**
 * The rows of an answer as they are written: one after the other, never all of them in memory as
 * JSON. Writing them lets go of the answer, also where it fails.
 */
final class AnswerRows implements JsonSerializable {
  private final QueryService.Answer answer;
  private final QuestionGate gate;
  private final RoutingContext caller;

  AnswerRows(QueryService.Answer answer, QuestionGate gate, RoutingContext caller) {
    this.answer = answer;
    this.gate = gate;
    this.caller = caller;
  }

  @Override
  public void serialize(JsonGenerator json, SerializerProvider serializers) throws IOException {
    try (answer) {
      gate.<IOException>write(
          caller,
          () -> {
            json.writeStartArray();
            for (int i = 0; i < answer.size(); i++) {
              serializers.defaultSerializeValue(answer.row(i), json);
            }
            json.writeEndArray();
          });
    }
  }

  @Override
  public void serializeWithType(
      JsonGenerator json, SerializerProvider serializers, TypeSerializer type) throws IOException {
    serialize(json, serializers);
  }
}
