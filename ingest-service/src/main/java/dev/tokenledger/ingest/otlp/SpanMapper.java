package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.ingest.usage.BadUsageException;
import dev.tokenledger.ingest.usage.NormalisedUsage;
import dev.tokenledger.ingest.usage.ProviderUsage;
import dev.tokenledger.ingest.usage.ReportedUsage;
import dev.tokenledger.ingest.usage.UsageFlag;
import dev.tokenledger.ingest.usage.UsageJson;
import dev.tokenledger.ingest.usage.UsageNormaliser;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Turns one span into its events and its place in the trace. */
final class SpanMapper {
  private static final Set<String> ANSWER_MEMBERS =
      Set.of(
          "id",
          "response_id",
          "responseId",
          "model",
          "model_version",
          "modelVersion",
          "service_tier",
          "usage",
          "usage_metadata",
          "usageMetadata");

  private SpanMapper() {}

  /**
   * @param events none for a span that is no usage, two for an agent's or tool's span with usage
   */
  record Mapped(List<UsageEvent> events, SpanLink link) {}

  /** What the provider's own answer says, where an instrumentation kept it as the span's output. */
  private record Answer(
      ReportedUsage usage, @Nullable String id, @Nullable String model, @Nullable String tier) {}

  /** The place of a span that bears no usage, or none that could be read. */
  static SpanLink place(SpanData span) {
    SpanKind kind = GenAiNames.isGenAi(span) ? SpanKind.of(span) : SpanKind.OTHER;
    return link(span, kind, null, null);
  }

  static Mapped map(SpanData span) throws Refusal {
    if (!GenAiNames.isGenAi(span)) {
      return new Mapped(List.of(), link(span, SpanKind.OTHER, null, null));
    }
    SpanKind kind = SpanKind.of(span);
    try {
      return map(span, kind);
    } catch (BadUsageException e) {
      throw new Refusal(e.code(), e.getMessage());
    }
  }

  private static Mapped map(SpanData span, SpanKind kind) throws Refusal, BadUsageException {
    ReportedUsage reported = UsageAttributes.read(span);
    Answer answer = null;
    if (kind == SpanKind.CALL && reported.isEmpty()) {
      answer = answer(span.attributes());
      reported = answer.usage;
    }
    NormalisedUsage usage = UsageNormaliser.normalise(reported, family(span.attributes()));
    boolean bearsUsage = kind == SpanKind.CALL || !usage.tokens().isEmpty();
    if (!bearsUsage && kind == SpanKind.OTHER) {
      return new Mapped(List.of(), link(span, kind, null, null));
    }
    checkTime(span);
    Outcome outcome = Outcome.of(span);
    List<UsageEvent> events = new ArrayList<>(2);
    switch (kind) {
      case AGENT -> events.add(agentRun(span, outcome));
      case TOOL -> events.add(toolStep(span, outcome));
      case CALL, OTHER -> {}
    }
    if (!bearsUsage) {
      return new Mapped(events, link(span, kind, null, null));
    }
    ModelCall call = call(span, kind, outcome, usage, answer);
    events.add(call);
    return new Mapped(events, link(span, kind, call.header().id(), call.responseId()));
  }

  private static SpanLink link(
      SpanData span, SpanKind kind, @Nullable String callEventId, @Nullable String responseId) {
    return new SpanLink(
        span.traceId(),
        span.spanId(),
        span.parentSpanId(),
        callEventId,
        responseId,
        kind == SpanKind.TOOL,
        kind == SpanKind.AGENT || kind == SpanKind.TOOL || span.eventId().equals(callEventId),
        names(span, kind));
  }

  /**
   * What the span says for the spans beneath it. Of a span that is not GenAI's only the model is
   * taken: web frameworks write users and sessions of their own on theirs.
   */
  private static SpanNames names(SpanData span, SpanKind kind) {
    Attributes attributes = span.attributes();
    String model = Dimensions.model(attributes);
    if (model == null) {
      model = Text.dimension(attributes.text("model"));
    }
    String provider = model == null ? null : Dimensions.provider(attributes);
    if (!GenAiNames.isGenAi(span)) {
      return model == null
          ? SpanNames.NONE
          : new SpanNames(null, null, null, null, provider, model);
    }
    return new SpanNames(
        Dimensions.agent(span, kind),
        Dimensions.feature(span),
        Dimensions.user(span),
        Dimensions.session(span),
        provider,
        model);
  }

  private static void checkTime(SpanData span) throws Refusal {
    if (span.startNanos() <= 0) {
      throw new Refusal(
          RejectionCode.INVALID_TIME,
          "The span has no start time; set startTimeUnixNano to nanoseconds since 1970.");
    }
  }

  private static ModelCall call(
      SpanData span,
      SpanKind kind,
      Outcome outcome,
      NormalisedUsage usage,
      @Nullable Answer answer) {
    Attributes attributes = span.attributes();
    String id = kind == SpanKind.CALL ? span.eventId() : span.eventId() + SpanLink.USAGE_SUFFIX;
    String model = Dimensions.model(attributes);
    String tier = Dimensions.serviceTier(attributes);
    String responseId = Dimensions.responseId(attributes);
    if (answer != null) {
      model = answer.model == null ? model : answer.model;
      tier = tier == null ? answer.tier : tier;
      responseId = responseId == null ? answer.id : responseId;
    }
    ReportedCost cost = ReportedCost.read(attributes);
    Set<UsageFlag> flags = usage.flags();
    if (cost.leftOut()) {
      flags = new HashSet<>(flags);
      flags.add(UsageFlag.COST_LEFT_OUT);
    }
    return new ModelCall(
        header(span, kind, id, flags),
        Dimensions.provider(attributes),
        model,
        Text.dimension(
            attributes.text("gen_ai.operation.name", "llm.request.type", "ai.operationId")),
        Dimensions.prompt(attributes),
        Dimensions.promptVersion(attributes),
        usage.tokens(),
        Durations.latencyMicros(span),
        Durations.timeToFirstTokenMicros(span),
        outcome.status(),
        outcome.errorType(),
        tier,
        cost.money(),
        isResponseCacheHit(attributes),
        Text.id(attributes.text("tokenledger.reservation_id")),
        usage.units(),
        responseId,
        ModelCall.Accounting.NESTABLE,
        Pricing.PENDING);
  }

  /** A cache of whole answers in front of the model; prompt caches are tokens. */
  private static boolean isResponseCacheHit(Attributes attributes) {
    return "true"
        .equalsIgnoreCase(
            attributes.text("tokenledger.cache_hit", "gen_ai.cache_hit", "llm.cache_hit"));
  }

  private static AgentRun agentRun(SpanData span, Outcome outcome) {
    return new AgentRun(
        header(span, SpanKind.AGENT, span.eventId(), Set.of()),
        Text.dimension(span.name()),
        outcome.status(),
        outcome.errorType(),
        Durations.latencyMicros(span));
  }

  private static Step toolStep(SpanData span, Outcome outcome) {
    return new Step(
        header(span, SpanKind.TOOL, span.eventId(), Set.of()),
        Step.Kind.TOOL_CALL,
        0,
        Dimensions.tool(span),
        outcome.status(),
        outcome.errorType(),
        Durations.latencyMicros(span));
  }

  private static EventHeader header(SpanData span, SpanKind kind, String id, Set<UsageFlag> flags) {
    Map<String, String> attributes = KeptAttributes.attributes(span);
    if (!flags.isEmpty()) {
      TreeSet<String> labels = new TreeSet<>();
      flags.forEach(flag -> labels.add(flag.label()));
      attributes.put("tokenledger.usage.flags", String.join(",", labels));
    }
    return new EventHeader(
        id,
        Instant.EPOCH.plusNanos(span.startNanos()),
        Dimensions.environment(span),
        Dimensions.agent(span, kind),
        Dimensions.feature(span),
        Dimensions.user(span),
        Dimensions.session(span),
        span.traceId(),
        span.spanId(),
        span.parentSpanId(),
        KeptAttributes.tags(span),
        attributes,
        false);
  }

  private static Answer answer(Attributes attributes) throws BadUsageException {
    ObjectNode answer = Json.members(attributes.text("output.value"), ANSWER_MEMBERS);
    ReportedUsage usage = ProviderUsage.read(Map.of());
    for (String name : List.of("usage", "usage_metadata", "usageMetadata")) {
      if (answer.path(name).isObject()) {
        usage = ProviderUsage.read(UsageJson.flatten(answer.path(name)));
      }
    }
    return new Answer(
        usage,
        Text.id(text(answer, "id", "response_id", "responseId")),
        Text.dimension(text(answer, "model", "model_version", "modelVersion")),
        Text.dimension(text(answer, "service_tier")));
  }

  private static @Nullable String text(ObjectNode node, String... names) {
    for (String name : names) {
      if (node.path(name).isTextual()) {
        return node.path(name).textValue();
      }
    }
    return null;
  }

  /** Provider and model together, for rules that hold for a family of models. */
  private static String family(Attributes attributes) {
    return Dimensions.provider(attributes) + " " + Dimensions.model(attributes);
  }
}
