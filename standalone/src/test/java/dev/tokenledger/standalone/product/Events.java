package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Native events to send. */
final class Events {
  private Events() {}

  /** A time that every test may use: an hour ago, so that it lies within the admission window. */
  static Instant anHourAgo() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).minus(1, ChronoUnit.HOURS);
  }

  /** A call of gpt-4o an hour ago. */
  static ObjectNode call(String id, long inputTokens, long outputTokens) {
    return call(id, "openai", "gpt-4o", anHourAgo().toString(), inputTokens, outputTokens);
  }

  static ObjectNode call(
      String id, String provider, String model, String time, long inputTokens, long outputTokens) {
    ObjectNode event = of(id, "model_call", time).put("provider", provider).put("model", model);
    event.putObject("usage").put("input_tokens", inputTokens).put("output_tokens", outputTokens);
    return event;
  }

  static ObjectNode of(String id, String type, String time) {
    return Api.JSON.createObjectNode().put("id", id).put("type", type).put("time", time);
  }
}
