package dev.tokenledger.model.event;

import java.util.Locale;

/**
 * The kinds of event. {@link #code()} is written to blocks and tables: constants keep theirs for
 * ever.
 */
public enum EventType {
  MODEL_CALL(1),
  AGENT_RUN(2),
  STEP(3),
  USER_ACTION(4);

  private final int code;

  EventType(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The name used in JSON, SQL and the query API, such as {@code model_call}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static EventType ofCode(int code) {
    for (EventType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("no event type has code " + code);
  }
}
