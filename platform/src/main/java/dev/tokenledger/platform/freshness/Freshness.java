package dev.tokenledger.platform.freshness;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the numbers of an answer go.
 *
 * @param dataThrough everything that was accepted until then is in the numbers; null while nothing
 *     was ever accepted
 * @param lagSeconds how long ago that was
 * @param stale whether that is longer than it should be
 * @param deadEvents accepted events that could not be settled and are kept as dead letters, of
 *     whatever time: no number has them
 */
public record Freshness(
    @Nullable Instant dataThrough, double lagSeconds, boolean stale, long deadEvents) {}
