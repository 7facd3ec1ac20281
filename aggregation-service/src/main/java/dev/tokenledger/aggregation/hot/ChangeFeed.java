package dev.tokenledger.aggregation.hot;

import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import java.util.Collection;
import java.util.List;

/**
 * Says which tenants' numbers have changed. A lost or repeated word is harmless: who listens reads
 * absolute values, and looks from time to time without being woken.
 */
public final class ChangeFeed {
  /** About an hour of wake-ups; who was away longer looks at everything anyway. */
  private static final int MAX_LENGTH = 10_000;

  private final BlockingRedis redis;

  public ChangeFeed(BlockingRedis redis) {
    this.redis = redis;
  }

  public void announce(Collection<Integer> tenants) {
    List<Request> requests =
        tenants.stream()
            .map(
                tenantId ->
                    Request.cmd(Command.XADD)
                        .arg(StreamKeys.CHANGES)
                        .arg("MAXLEN")
                        .arg("~")
                        .arg(MAX_LENGTH)
                        .arg("*")
                        .arg("tenant")
                        .arg(tenantId))
            .toList();
    if (!requests.isEmpty()) {
      redis.batch(requests);
    }
  }
}
