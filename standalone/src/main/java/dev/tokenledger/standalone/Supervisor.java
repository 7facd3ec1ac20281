package dev.tokenledger.standalone;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Starts a store again when its process has died, or has given no answer for a minute. The services
 * wait for it meanwhile, as they would for one that runs elsewhere.
 */
final class Supervisor {
  private static final Logger LOG = Logger.getLogger(Supervisor.class);
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final long JOIN_MILLIS = 30_000;
  private static final Duration ASK_EVERY = Duration.ofSeconds(5);

  /** How long a store may be silent: a disk may stand still for many seconds and go on. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<EmbeddedStore> stores;
  private final Duration askEvery;
  private final Duration patience;
  private final Map<EmbeddedStore, Long> askedNanos = new HashMap<>();
  private final Map<EmbeddedStore, Long> answeredNanos = new HashMap<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::watch, "store-supervisor");

  Supervisor(EmbeddedStore... stores) {
    this(ASK_EVERY, PATIENCE, stores);
  }

  /**
   * @param patience how long a store that runs may give no answer before it is started again
   */
  Supervisor(Duration askEvery, Duration patience, EmbeddedStore... stores) {
    this.askEvery = askEvery;
    this.patience = patience;
    this.stores = List.of(stores);
    thread.setDaemon(true);
  }

  /** Watches stores that have answered just now. */
  void start() {
    stores.forEach(this::answered);
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
        stores.forEach(this::look);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(EmbeddedStore store) {
    if (!store.isAlive()) {
      LOG.warnf("%s has died and is started again", store.name());
      restart(store);
    } else if (System.nanoTime() - askedNanos.get(store) >= askEvery.toNanos()) {
      ask(store);
    }
  }

  private void ask(EmbeddedStore store) {
    if (store.answers()) {
      answered(store);
      return;
    }
    askedNanos.put(store, System.nanoTime());
    long silentNanos = System.nanoTime() - answeredNanos.get(store);
    if (silentNanos >= patience.toNanos()) {
      LOG.warnf(
          "%s runs but has given no answer for %d s, and is started again",
          store.name(), TimeUnit.NANOSECONDS.toSeconds(silentNanos));
      restart(store);
    }
  }

  private void answered(EmbeddedStore store) {
    askedNanos.put(store, System.nanoTime());
    answeredNanos.put(store, System.nanoTime());
  }

  private void restart(EmbeddedStore store) {
    try {
      store.stop();
    } catch (RuntimeException e) {
      LOG.debugf(e, "stopping what is left of %s", store.name());
    }
    try {
      store.start();
      answered(store);
    } catch (IOException | RuntimeException e) {
      LOG.errorf("%s does not start; it will be tried again: %s", store.name(), e.getMessage());
      LOG.debugf(e, "start of %s", store.name());
    }
  }
}
