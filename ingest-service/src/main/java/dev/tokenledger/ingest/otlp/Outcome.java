package dev.tokenledger.ingest.otlp;

import dev.tokenledger.model.event.CallStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a span ended.
 *
 * @param errorType the kind of failure where it was named; null for success
 */
record Outcome(CallStatus status, @Nullable String errorType) {
  private static final Outcome SUCCESS = new Outcome(CallStatus.SUCCESS, null);

  static Outcome of(SpanData span) {
    Attributes attributes = span.attributes();
    String type = attributes.text("error.type");
    boolean failed =
        span.failed()
            || type != null
            || "ERROR".equalsIgnoreCase(attributes.text("langfuse.observation.level"))
            || (span.name().startsWith("claude_code.")
                && "false".equalsIgnoreCase(attributes.text("success")));
    if (!failed) {
      return SUCCESS;
    }
    if (type == null) {
      type = exceptionType(span);
    }
    return new Outcome(status(type), Text.dimension(type));
  }

  private static @Nullable String exceptionType(SpanData span) {
    for (SpanData.Event event : span.events()) {
      if (isException(event.name())) {
        return event.attributes().text("exception.type");
      }
    }
    return span.attributes().text("exception.type");
  }

  /** True for the name of an event that tells what was thrown. */
  static boolean isException(String eventName) {
    return eventName.equals("exception");
  }

  private static CallStatus status(@Nullable String errorType) {
    if (errorType == null) {
      return CallStatus.FAILURE;
    }
    String type = errorType.toLowerCase(Locale.ROOT);
    if (type.contains("timeout")
        || type.contains("timed_out")
        || type.contains("deadline")
        || type.equals("408")
        || type.equals("504")) {
      return CallStatus.TIMEOUT;
    }
    return type.contains("cancel") || type.contains("abort")
        ? CallStatus.CANCELLED
        : CallStatus.FAILURE;
  }
}
