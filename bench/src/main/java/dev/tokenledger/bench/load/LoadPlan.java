package dev.tokenledger.bench.load;

import dev.tokenledger.bench.traffic.TokenLengths;
import java.net.URI;
import java.time.Duration;

/**
 * What is sent.
 *
 * @param url where the service listens
 * @param key of a project, with the right to report
 * @param eventsPerSecond sent whether answers come or not (open loop); 0 sends the next request
 *     when the one before is answered (closed loop)
 * @param eventsPerRequest events in each request
 * @param wire in which form
 * @param connections used at once, each by a thread of its own
 */
public record LoadPlan(
    URI url,
    String key,
    int eventsPerSecond,
    Duration duration,
    int eventsPerRequest,
    int connections,
    TokenLengths lengths,
    Wire wire) {}
