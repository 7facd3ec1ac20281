package dev.tokenledger.model.rollup;

import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.event.UserAction;

/** What one event adds to each measure: the definition of every measure in terms of events. */
public final class Contribution {
  private Contribution() {}

  public static MeasureVector of(UsageEvent event) {
    MeasureVector sums = new MeasureVector();
    if (event instanceof ModelCall call) {
      addCall(sums, call);
    } else if (event instanceof AgentRun run) {
      sums.add(Measure.AGENT_RUNS, 1);
      sums.add(Measure.ERRORS, run.status().isError() ? 1 : 0);
      addDuration(sums, run.durationMicros());
    } else if (event instanceof Step step) {
      sums.add(Measure.STEPS, 1);
      sums.add(Measure.ERRORS, step.status().isError() ? 1 : 0);
      addDuration(sums, step.durationMicros());
    } else if (event instanceof UserAction action) {
      sums.add(Measure.USER_ACTIONS, 1);
      addDuration(sums, action.durationMicros());
    } else {
      throw new IllegalStateException("no contribution is defined for " + event.type());
    }
    return sums;
  }

  private static void addCall(MeasureVector sums, ModelCall call) {
    sums.add(Measure.MODEL_CALLS, 1);
    sums.add(Measure.ERRORS, call.status().isError() ? 1 : 0);
    sums.add(Measure.CACHE_HITS, call.cacheHit() ? 1 : 0);
    addUsage(sums, call.usage());
    addPricing(sums, call.pricing());
    if (call.reportedCost() != null) {
      sums.add(Measure.REPORTED_COST, call.reportedCost().nanos());
      sums.add(Measure.REPORTED_COST_CALLS, 1);
    }
    if (call.latencyMicros() >= 0) {
      sums.add(Measure.LATENCY_SUM, call.latencyMicros());
      sums.add(Measure.LATENCY_COUNT, 1);
    }
    if (call.timeToFirstTokenMicros() >= 0) {
      sums.add(Measure.TIME_TO_FIRST_TOKEN_SUM, call.timeToFirstTokenMicros());
      sums.add(Measure.TIME_TO_FIRST_TOKEN_COUNT, 1);
    }
  }

  private static void addUsage(MeasureVector sums, TokenUsage usage) {
    sums.add(Measure.FLAGGED_CALLS, usage.isImpossible() ? 1 : 0);
    sums.add(Measure.INPUT_TOKENS, usage.input());
    sums.add(Measure.OUTPUT_TOKENS, usage.output());
    sums.add(Measure.CACHED_INPUT_TOKENS, usage.cachedInput());
    sums.add(Measure.CACHE_WRITE_TOKENS, usage.cacheWrite());
    sums.add(Measure.REASONING_TOKENS, usage.reasoning());
    sums.add(Measure.AUDIO_INPUT_TOKENS, usage.audioInput());
    sums.add(Measure.AUDIO_OUTPUT_TOKENS, usage.audioOutput());
    sums.add(Measure.IMAGE_INPUT_TOKENS, usage.imageInput());
    sums.add(Measure.IMAGE_OUTPUT_TOKENS, usage.imageOutput());
  }

  /**
   * Adds the cost of a priced call, or counts it as unpriced. Used on its own when a stored call is
   * priced anew.
   */
  public static void addPricing(MeasureVector sums, Pricing pricing) {
    if (pricing instanceof Pricing.Priced priced) {
      CostBreakdown cost = priced.cost();
      sums.add(Measure.INPUT_COST, cost.input());
      sums.add(Measure.OUTPUT_COST, cost.output());
      sums.add(Measure.CACHED_INPUT_COST, cost.cachedInput());
      sums.add(Measure.CACHE_WRITE_COST, cost.cacheWrite());
      sums.add(Measure.REASONING_COST, cost.reasoning());
      sums.add(Measure.AUDIO_INPUT_COST, cost.audioInput());
      sums.add(Measure.AUDIO_OUTPUT_COST, cost.audioOutput());
      sums.add(Measure.IMAGE_INPUT_COST, cost.imageInput());
      sums.add(Measure.IMAGE_OUTPUT_COST, cost.imageOutput());
      sums.add(Measure.REQUEST_COST, cost.request());
      sums.add(Measure.COST, cost.total());
    } else {
      sums.add(Measure.UNPRICED_CALLS, 1);
    }
  }

  private static void addDuration(MeasureVector sums, long micros) {
    if (micros >= 0) {
      sums.add(Measure.DURATION_SUM, micros);
      sums.add(Measure.DURATION_COUNT, 1);
    }
  }
}
