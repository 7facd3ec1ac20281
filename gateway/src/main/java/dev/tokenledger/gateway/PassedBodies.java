package dev.tokenledger.gateway;

import dev.tokenledger.edge.BodyMemory;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.Semaphore;

/**
 * The bodies that are on their way to services. Each is here as a whole before a connection to its
 * service is taken, since those are few: a slow sender would have one for as long as it likes. All
 * together have a part of the heap.
 */
@ApplicationScoped
class PassedBodies implements BodyMemory {
  /** Bodies are counted in steps of this many bytes. */
  private static final int STEP = 1024;

  /** The part of the heap; bodies are the only thing of size that a gateway has. */
  private static final int PART_OF_HEAP = 3;

  private final Semaphore free;
  private final int steps;
  private final long most;

  @Inject
  PassedBodies(GatewayConfig config) {
    this(Runtime.getRuntime().maxMemory() / PART_OF_HEAP, config.maxBodyBytes());
  }

  PassedBodies(long bytes, long most) {
    this.steps = (int) Math.min(Integer.MAX_VALUE, bytes / STEP);
    this.free = new Semaphore(steps);
    this.most = most;
  }

  @Override
  public boolean wants(RoutingContext context) {
    return RouteTable.serviceOf(context.normalizedPath()).isPresent();
  }

  @Override
  public long limit(RoutingContext context) {
    return most;
  }

  @Override
  public Share share(RoutingContext context) {
    return new Held();
  }

  private final class Held implements Share {
    private int held;

    @Override
    public boolean grow(long bytes) {
      int more = (int) Math.min(steps, (bytes + STEP - 1) / STEP) - held;
      if (more > 0) {
        if (!free.tryAcquire(more)) {
          return false;
        }
        held += more;
      }
      return true;
    }

    @Override
    public void close() {
      free.release(held);
      held = 0;
    }
  }
}
