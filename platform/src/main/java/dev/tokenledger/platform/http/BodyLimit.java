package dev.tokenledger.platform.http;

import dev.tokenledger.platform.memory.ByteBudget;

/**
 * The most that a request to one path may carry, where that is more than API bodies may have.
 * Services produce one for each such path.
 *
 * @param path the path of the endpoint, as {@code /v1/events}
 * @param bytes the most bytes, as sent
 * @param use whose share of the memory holds them while the request is worked for
 */
public record BodyLimit(String path, long bytes, ByteBudget.Use use) {}
