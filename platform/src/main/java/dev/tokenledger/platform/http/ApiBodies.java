package dev.tokenledger.platform.http;

import dev.tokenledger.edge.BodyMemory;
import dev.tokenledger.edge.EdgeConfig;
import dev.tokenledger.platform.memory.ByteBudget;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import java.util.HashMap;
import java.util.Map;

/**
 * Bodies of known callers are read for the endpoints of the API, each within its own limit, and
 * counted with whatever else is in memory for callers.
 */
@ApplicationScoped
class ApiBodies implements BodyMemory {
  private static final String API = "/v1/";

  private final ByteBudget budget;
  private final BodyLimit common;
  private final Map<String, BodyLimit> limits = new HashMap<>();

  ApiBodies(ByteBudget budget, EdgeConfig config, @Any Instance<BodyLimit> own) {
    this.budget = budget;
    this.common = new BodyLimit(API, config.maxBodyBytes(), ByteBudget.Use.ANSWERS);
    own.forEach(limit -> limits.put(limit.path(), limit));
  }

  @Override
  public boolean wants(RoutingContext context) {
    return context.normalizedPath().startsWith(API)
        && context.user() instanceof QuarkusHttpUser user
        && !user.getSecurityIdentity().isAnonymous();
  }

  @Override
  public long limit(RoutingContext context) {
    return of(context).bytes();
  }

  @Override
  public Share share(RoutingContext context) {
    ByteBudget.Lease lease = budget.lease(of(context).use());
    return new Share() {
      @Override
      public boolean grow(long bytes) {
        return lease.tryRequire(bytes);
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }

  private BodyLimit of(RoutingContext context) {
    String path = context.normalizedPath();
    return limits.getOrDefault(
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path, common);
  }
}
