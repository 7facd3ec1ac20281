package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stores of the one-process edition. They may be closed at any time, also while they start: a
 * signal that comes then must not leave a store behind.
 */
final class EmbeddedStores implements AutoCloseable {
  private final List<EmbeddedStore> running = new ArrayList<>();
  private @Nullable DataDirectory directory;
  private @Nullable Supervisor supervisor;
  private boolean closed;

  /**
   * Starts them, and tells the services where they are by system properties.
   *
   * @throws IllegalStateException if the directory cannot be used, or the stores were closed
   */
  void start(Path data) throws IOException {
    DataDirectory opened = DataDirectory.open(data);
    synchronized (this) {
      directory = opened;
    }
    EmbeddedRedis redis = EmbeddedRedis.ofEvents(opened);
    EmbeddedRedis guardRedis = EmbeddedRedis.ofGuard(opened);
    EmbeddedDatabase database = new EmbeddedDatabase(opened);
    start(redis);
    start(guardRedis);
    start(database);
    System.setProperty("tokenledger.database.url", database.url());
    System.setProperty("tokenledger.database.owner-username", EmbeddedDatabase.OWNER);
    System.setProperty("tokenledger.database.owner-password", opened.secret("postgres"));
    if (!System.getenv().containsKey(Stores.SECRET_KEY)
        && System.getProperty("tokenledger.alerting.secret-key") == null) {
      // As long-lived as the data: nobody changes this password.
      System.setProperty("tokenledger.alerting.secret-key", opened.secret("postgres"));
    }
    System.setProperty("tokenledger.redis.url", redis.url());
    System.setProperty("tokenledger.alerting.guard-redis-url", guardRedis.url());
    System.setProperty(
        "tokenledger.identity.bootstrap-file", data.resolve("bootstrap.env").toString());
    synchronized (this) {
      requireOpen();
      supervisor = new Supervisor(running.toArray(EmbeddedStore[]::new));
      supervisor.start();
    }
  }

  private synchronized void start(EmbeddedStore store) throws IOException {
    requireOpen();
    // Known before it is ready: one that does not become so is stopped, too.
    running.add(store);
    store.start();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("stopped while it started");
    }
  }

  /** Stops them, the last one that was started first. */
  @Override
  public synchronized void close() {
    closed = true;
    if (supervisor != null) {
      supervisor.stop();
    }
    for (int i = running.size() - 1; i >= 0; i--) {
      running.get(i).stop();
    }
    running.clear();
    if (directory != null) {
      directory.close();
    }
  }
}
