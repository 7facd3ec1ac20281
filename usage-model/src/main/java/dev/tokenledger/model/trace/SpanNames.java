package dev.tokenledger.model.trace;

import org.jspecify.annotations.Nullable;

/**
 * What a span says of itself and the events beneath it inherit where they do not say it themselves:
 * instrumentations write these on the outer span alone. Null where the span says nothing.
 *
 * @param user the user; a pseudonym once the span has been admitted
 * @param provider inherited together with the model alone
 * @param model inherited by model calls that name none
 */
public record SpanNames(
    @Nullable String agent,
    @Nullable String feature,
    @Nullable String user,
    @Nullable String session,
    @Nullable String provider,
    @Nullable String model) {

  public static final SpanNames NONE = new SpanNames(null, null, null, null, null, null);

  /** Whether the span says nothing that could be inherited. */
  public boolean isEmpty() {
    return agent == null
        && feature == null
        && user == null
        && session == null
        && provider == null
        && model == null;
  }
}
