package dev.tokenledger.ingest.events;

import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one native event as they were read, before they are put together. The first thing
 * that is wrong with the event is kept; reading goes on to the event's end all the same, so that
 * the next one can be read. Reused from event to event by one parser.
 */
final class EventFields {
  static final int MAX_ATTRIBUTES = 64;

  @Nullable String id;
  @Nullable String type;
  @Nullable Instant time;
  @Nullable String environment;
  @Nullable String provider;
  @Nullable String model;
  @Nullable String operation;
  @Nullable String agent;
  @Nullable String feature;
  @Nullable String prompt;
  @Nullable String promptVersion;
  @Nullable String user;
  @Nullable String session;
  @Nullable String traceId;
  @Nullable String spanId;
  @Nullable String parentSpanId;
  @Nullable String status;
  @Nullable String errorType;
  @Nullable String serviceTier;
  @Nullable String reservationId;
  @Nullable String responseId;
  @Nullable String task;
  @Nullable String stepType;
  @Nullable String tool;
  @Nullable String action;
  @Nullable BigDecimal costUsd;
  long latencyMicros;
  long timeToFirstTokenMicros;
  long durationMicros;
  long stepNumber;
  boolean cacheHit;
  boolean amends;
  final long[] tokens = new long[TokenField.values().length];
  final long[] units = new long[UnitField.values().length];
  final Map<String, String> tags = new LinkedHashMap<>();
  final Map<String, String> attributes = new LinkedHashMap<>();

  private @Nullable RejectionCode code;
  private String message = "";

  /** The members of {@code usage} that count tokens. */
  enum TokenField {
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHED_INPUT_TOKENS,
    CACHE_WRITE_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    REASONING_TOKENS,
    AUDIO_INPUT_TOKENS,
    AUDIO_OUTPUT_TOKENS,
    IMAGE_INPUT_TOKENS,
    IMAGE_OUTPUT_TOKENS
  }

  /** The members of {@code usage} that count other billable units. */
  enum UnitField {
    INPUT_MS,
    OUTPUT_MS,
    INPUT_IMAGES,
    OUTPUT_IMAGES,
    INPUT_CHARACTERS,
    SEARCHES
  }

  void clear() {
    id = null;
    type = null;
    time = null;
    environment = null;
    provider = null;
    model = null;
    operation = null;
    agent = null;
    feature = null;
    prompt = null;
    promptVersion = null;
    user = null;
    session = null;
    traceId = null;
    spanId = null;
    parentSpanId = null;
    status = null;
    errorType = null;
    serviceTier = null;
    reservationId = null;
    responseId = null;
    task = null;
    stepType = null;
    tool = null;
    action = null;
    costUsd = null;
    latencyMicros = -1;
    timeToFirstTokenMicros = -1;
    durationMicros = -1;
    stepNumber = 0;
    cacheHit = false;
    amends = false;
    java.util.Arrays.fill(tokens, 0);
    java.util.Arrays.fill(units, 0);
    tags.clear();
    attributes.clear();
    code = null;
    message = "";
  }

  boolean isWrong() {
    return code != null;
  }

  /** Notes what is wrong, unless something was noted before. */
  void wrong(RejectionCode newCode, String newMessage) {
    if (code == null) {
      code = newCode;
      message = newMessage;
    }
  }

  Rejection rejection(int index) {
    if (code == null) {
      throw new IllegalStateException("the event at " + index + " is not wrong");
    }
    return new Rejection(index, id, code, message);
  }
}
