package dev.tokenledger.ingest.events;

import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.ingest.events.EventFields.TokenField;
import dev.tokenledger.ingest.events.EventFields.UnitField;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.event.UserAction;
import dev.tokenledger.model.money.Money;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Puts the fields of a native event together, checking what its kind needs. */
final class NativeEvents {
  private NativeEvents() {}

  /** The event, or null when the fields are wrong, which they then say. */
  static @Nullable UsageEvent build(EventFields fields) {
    if (fields.isWrong()) {
      return null;
    }
    if (fields.type == null) {
      return missing(fields, "type", "model_call, agent_run, step or user_action");
    }
    if (fields.id == null) {
      return missing(fields, "id", "an id of the event's own, so that sending it again is safe");
    }
    if (fields.time == null) {
      return missing(fields, "time", "when it started, such as 2026-11-20T10:00:00.123Z");
    }
    return switch (fields.type) {
      case "model_call" -> modelCall(fields);
      case "agent_run" -> agentRun(fields);
      case "step" -> step(fields);
      case "user_action" -> userAction(fields);
      default -> {
        fields.wrong(
            RejectionCode.UNKNOWN_TYPE,
            "'type' is '"
                + cut(fields.type)
                + "'. Send model_call, agent_run, step or user_action.");
        yield null;
      }
    };
  }

  private static @Nullable UsageEvent modelCall(EventFields fields) {
    CallStatus status = status(fields);
    if (status == null) {
      return null;
    }
    return new ModelCall(
        header(fields),
        fields.provider,
        fields.model,
        fields.operation,
        fields.prompt,
        fields.promptVersion,
        usage(fields),
        fields.latencyMicros >= 0 ? fields.latencyMicros : fields.durationMicros,
        fields.timeToFirstTokenMicros,
        status,
        fields.errorType,
        fields.serviceTier,
        fields.costUsd == null ? null : Money.ofUsd(fields.costUsd),
        fields.cacheHit,
        fields.reservationId,
        units(fields),
        fields.responseId,
        ModelCall.Accounting.STANDALONE,
        Pricing.PENDING);
  }

  private static @Nullable UsageEvent agentRun(EventFields fields) {
    CallStatus status = status(fields);
    return status == null
        ? null
        : new AgentRun(header(fields), fields.task, status, fields.errorType, duration(fields));
  }

  private static @Nullable UsageEvent step(EventFields fields) {
    CallStatus status = status(fields);
    if (status == null) {
      return null;
    }
    if (fields.stepType == null) {
      return missing(
          fields, "step_type", "thought, action, observation, tool_call or final_answer");
    }
    for (Step.Kind kind : Step.Kind.values()) {
      if (kind.label().equals(fields.stepType)) {
        return new Step(
            header(fields),
            kind,
            (int) Math.min(fields.stepNumber, Integer.MAX_VALUE),
            fields.tool,
            status,
            fields.errorType,
            duration(fields));
      }
    }
    fields.wrong(
        RejectionCode.INVALID_VALUE,
        "'step_type' is '"
            + cut(fields.stepType)
            + "'. Send thought, action, observation, tool_call or final_answer.");
    return null;
  }

  private static @Nullable UsageEvent userAction(EventFields fields) {
    if (fields.action == null) {
      return missing(fields, "action", "what the user did, such as page_view");
    }
    return new UserAction(header(fields), fields.action, duration(fields));
  }

  private static EventHeader header(EventFields fields) {
    if (fields.id == null || fields.time == null) {
      throw new IllegalStateException("id and time are checked before the event is put together");
    }
    return new EventHeader(
        fields.id,
        fields.time,
        fields.environment,
        fields.agent,
        fields.feature,
        fields.user,
        fields.session,
        fields.traceId,
        fields.spanId,
        fields.parentSpanId,
        fields.tags,
        fields.attributes,
        fields.amends,
        fields.status != null || fields.errorType != null);
  }

  private static TokenUsage usage(EventFields fields) {
    long[] tokens = fields.tokens;
    return new TokenUsage(
        tokens[TokenField.INPUT_TOKENS.ordinal()],
        tokens[TokenField.OUTPUT_TOKENS.ordinal()],
        tokens[TokenField.CACHED_INPUT_TOKENS.ordinal()],
        tokens[TokenField.CACHE_WRITE_TOKENS.ordinal()],
        tokens[TokenField.CACHE_WRITE_1H_TOKENS.ordinal()],
        tokens[TokenField.REASONING_TOKENS.ordinal()],
        tokens[TokenField.AUDIO_INPUT_TOKENS.ordinal()],
        tokens[TokenField.AUDIO_OUTPUT_TOKENS.ordinal()],
        tokens[TokenField.IMAGE_INPUT_TOKENS.ordinal()],
        tokens[TokenField.IMAGE_OUTPUT_TOKENS.ordinal()]);
  }

  private static BillableUnits units(EventFields fields) {
    long[] units = fields.units;
    long any = 0;
    for (long unit : units) {
      any |= unit;
    }
    return any == 0
        ? BillableUnits.NONE
        : new BillableUnits(
            units[UnitField.INPUT_MS.ordinal()],
            units[UnitField.OUTPUT_MS.ordinal()],
            units[UnitField.INPUT_IMAGES.ordinal()],
            units[UnitField.OUTPUT_IMAGES.ordinal()],
            units[UnitField.INPUT_CHARACTERS.ordinal()],
            units[UnitField.SEARCHES.ordinal()]);
  }

  private static long duration(EventFields fields) {
    return fields.durationMicros >= 0 ? fields.durationMicros : fields.latencyMicros;
  }

  private static @Nullable CallStatus status(EventFields fields) {
    if (fields.status == null) {
      return fields.errorType == null ? CallStatus.SUCCESS : CallStatus.FAILURE;
    }
    CallStatus status =
        switch (fields.status.toLowerCase(Locale.ROOT)) {
          case "success", "ok", "completed" -> CallStatus.SUCCESS;
          case "failure", "error", "failed" -> CallStatus.FAILURE;
          case "timeout" -> CallStatus.TIMEOUT;
          case "cancelled", "canceled" -> CallStatus.CANCELLED;
          default -> null;
        };
    if (status == null) {
      fields.wrong(
          RejectionCode.INVALID_VALUE,
          "'status' is '" + cut(fields.status) + "'. Send success, failure, timeout or cancelled.");
    }
    return status;
  }

  private static @Nullable UsageEvent missing(EventFields fields, String name, String what) {
    fields.wrong(RejectionCode.MISSING_FIELD, "'" + name + "' is missing. Send " + what + ".");
    return null;
  }

  private static String cut(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }
}
