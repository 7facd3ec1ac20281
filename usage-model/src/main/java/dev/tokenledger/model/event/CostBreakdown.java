package dev.tokenledger.model.event;

/**
 * The cost of one call by kind, in nano-dollars. The components do not overlap: {@code input} is
 * the cost of what was neither read from nor written to a cache nor audio nor image; {@code output}
 * the cost of what was neither reasoning nor audio nor image.
 *
 * @param request what is billed by request, second, image, character or search
 */
public record CostBreakdown(
    long input,
    long output,
    long cachedInput,
    long cacheWrite,
    long reasoning,
    long audioInput,
    long audioOutput,
    long imageInput,
    long imageOutput,
    long request) {

  public static final CostBreakdown ZERO = new CostBreakdown(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The sum of the components, in nano-dollars. */
  public long total() {
    return Math.addExact(
        Math.addExact(
            Math.addExact(Math.addExact(input, output), Math.addExact(cachedInput, cacheWrite)),
            Math.addExact(Math.addExact(reasoning, audioInput), audioOutput)),
        Math.addExact(Math.addExact(imageInput, imageOutput), request));
  }
}
