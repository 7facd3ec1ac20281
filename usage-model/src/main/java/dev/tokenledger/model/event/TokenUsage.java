package dev.tokenledger.model.event;

/**
 * Tokens of one model call, normalised to OpenTelemetry's meaning: the totals include their parts.
 *
 * @param input everything sent to the model; includes cached, cache-written, audio and image input
 * @param output everything generated; includes reasoning, audio and image output
 * @param cachedInput the part of {@code input} that was read from a prompt cache
 * @param cacheWrite the part of {@code input} that was written to a prompt cache
 * @param cacheWrite1h the part of {@code cacheWrite} that is kept for an hour, which some providers
 *     price higher
 * @param reasoning the part of {@code output} spent on reasoning
 * @param audioInput the part of {@code input} that is audio
 * @param audioOutput the part of {@code output} that is audio
 * @param imageInput the part of {@code input} that is images
 * @param imageOutput the part of {@code output} that is images
 */
public record TokenUsage(
    long input,
    long output,
    long cachedInput,
    long cacheWrite,
    long cacheWrite1h,
    long reasoning,
    long audioInput,
    long audioOutput,
    long imageInput,
    long imageOutput) {

  public static final TokenUsage NONE = new TokenUsage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  public TokenUsage {
    if ((input
            | output
            | cachedInput
            | cacheWrite
            | cacheWrite1h
            | reasoning
            | audioInput
            | audioOutput
            | imageInput
            | imageOutput)
        < 0) {
      throw new IllegalArgumentException("tokens are negative");
    }
  }

  public static TokenUsage of(long input, long output) {
    return new TokenUsage(input, output, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** True when nothing was reported at all. */
  public boolean isEmpty() {
    return (input
            | output
            | cachedInput
            | cacheWrite
            | reasoning
            | audioInput
            | audioOutput
            | imageInput
            | imageOutput)
        == 0;
  }

  /**
   * True when the parts contradict the totals, as cached tokens above the input. Such an event is
   * kept and flagged: what it cost is computed from the parts as far as the totals allow.
   */
  public boolean isImpossible() {
    return cachedInput + cacheWrite > input
        || cacheWrite1h > cacheWrite
        || reasoning > output
        || audioInput + imageInput > input
        || audioOutput + imageOutput > output;
  }
}
