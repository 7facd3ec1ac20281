package dev.tokenledger.standalone;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Starts a store again when its process has died. The services wait for it meanwhile, as they would
 * for one that runs elsewhere.
 */
final class Supervisor {
  private static final Logger LOG = Logger.getLogger(Supervisor.class);
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final long JOIN_MILLIS = 30_000;

  private final List<EmbeddedStore> stores;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::watch, "store-supervisor");

  Supervisor(EmbeddedStore... stores) {
    this.stores = List.of(stores);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  void stop() {
    stopped.countDown();
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() {
    try {
      while (!stopped.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
        stores.forEach(Supervisor::restartIfDead);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void restartIfDead(EmbeddedStore store) {
    if (store.isAlive()) {
      return;
    }
    LOG.warnf("%s has died and is started again", store.name());
    try {
      store.stop();
    } catch (RuntimeException e) {
      LOG.debugf(e, "stopping what is left of %s", store.name());
    }
    try {
      store.start();
    } catch (IOException | RuntimeException e) {
      LOG.errorf(e, "%s does not start; it will be tried again", store.name());
    }
  }
}
