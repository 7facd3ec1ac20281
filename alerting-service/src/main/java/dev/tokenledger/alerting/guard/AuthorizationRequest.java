package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.loopguard.LoopGuard;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that somebody wants to make, checked.
 *
 * @param subject what it is for: a value by dimension of the query API, people as pseudonyms
 * @param estimatedNanos what the caller expects it to cost, or null
 * @param maxInputTokens most tokens that it sends, or null when not known
 * @param maxOutputTokens most tokens that it gets, or null when not known
 * @param reserve whether the estimate is to be held until the call is reported
 * @param lease how long it is held at most
 * @param run the run of an agent that it belongs to, or null
 * @param depth how deeply agents are nested, from 1, or null when not known
 * @param toolCall name of the tool that leads to the call and a digest of its arguments, or null
 */
public record AuthorizationRequest(
    int tenantId,
    Map<String, String> subject,
    @Nullable Long estimatedNanos,
    @Nullable Long maxInputTokens,
    @Nullable Long maxOutputTokens,
    @Nullable String serviceTier,
    boolean reserve,
    Duration lease,
    @Nullable String traceId,
    @Nullable String spanId,
    @Nullable String run,
    @Nullable Integer depth,
    @Nullable String toolCall) {

  public AuthorizationRequest {
    subject = Map.copyOf(subject);
  }

  /** What a loop guard counts this call with, or null when the caller does not say. */
  public @Nullable String counted(LoopGuard.Per per) {
    return switch (per) {
      case SESSION -> subject.get("session");
      case TRACE -> traceId;
      case RUN -> run;
    };
  }
}
