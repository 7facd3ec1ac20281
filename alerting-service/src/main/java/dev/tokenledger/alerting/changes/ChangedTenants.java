package dev.tokenledger.alerting.changes;

import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/**
 * Hears of which tenants the ledger has settled something. A word may be lost, while Redis is away
 * or before this was made: whoever listens also looks by itself from time to time. For one thread.
 */
public final class ChangedTenants {
  private static final Logger LOG = Logger.getLogger(ChangedTenants.class);
  private static final Duration BLOCK = Duration.ofMillis(500);
  private static final int MAX_WORDS = 1_000;

  private final BlockingRedis redis;
  private String position = "$";

  public ChangedTenants(BlockingRedis redis) {
    this.redis = redis;
  }

  /** The tenants since the last call, waiting half a second for the first; often none. */
  public Set<Integer> next() {
    Set<Integer> tenants = new TreeSet<>();
    try {
      Response answer =
          redis.send(
              Request.cmd(Command.XREAD)
                  .arg("COUNT")
                  .arg(MAX_WORDS)
                  .arg("BLOCK")
                  .arg(BLOCK.toMillis())
                  .arg("STREAMS")
                  .arg(StreamKeys.CHANGES)
                  .arg(position));
      if (answer == null || answer.size() == 0) {
        return tenants;
      }
      for (Response entry : answer.get(0).get(1)) {
        position = entry.get(0).toString();
        tenants.add(entry.get(1).get(1).toInteger());
      }
    } catch (RedisUnavailableException e) {
      LOG.debugf("the change feed cannot be read: %s", e.getMessage());
      position = "$";
    }
    return tenants;
  }
}
