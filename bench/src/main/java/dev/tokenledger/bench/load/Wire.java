package dev.tokenledger.bench.load;

/** In which form events are sent. */
public enum Wire {
  /** {@code POST /v1/events}, a JSON array. */
  NATIVE,
  /** {@code POST /v1/traces}, OTLP's JSON encoding: each event is a span. */
  OTLP_JSON,
  /** {@code POST /v1/traces}, protobuf. */
  OTLP_PROTOBUF
}
