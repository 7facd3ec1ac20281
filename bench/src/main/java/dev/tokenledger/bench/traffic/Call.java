package dev.tokenledger.bench.traffic;

import org.jspecify.annotations.Nullable;

/**
 * One event of the traffic, without its time and identity.
 *
 * @param kind a model call, or a run of an agent, which has no model and no tokens
 * @param session counts the sessions of the traffic from 0
 * @param traced whether its session reports trace identifiers
 * @param inputTokens all that was sent, cached ones included
 * @param errorType null when it succeeded
 * @param team a tag, or null
 */
public record Call(
    Kind kind,
    String provider,
    String model,
    String agent,
    String feature,
    String user,
    long session,
    boolean traced,
    int inputTokens,
    int outputTokens,
    int cachedTokens,
    int reasoningTokens,
    int latencyMillis,
    int firstTokenMillis,
    @Nullable String errorType,
    @Nullable String team) {

  /** What kind of event it is. */
  public enum Kind {
    MODEL_CALL,
    AGENT_RUN
  }
}
