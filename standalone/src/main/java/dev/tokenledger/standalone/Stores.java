package dev.tokenledger.standalone;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Postgres and Redis for the services: those that the environment names, else embedded ones. The
 * names in the environment are those that each service knows by itself.
 */
final class Stores implements AutoCloseable {
  private static final String DATABASE_URL = "TOKENLEDGER_DATABASE_URL";
  private static final String DATABASE_OWNER = "TOKENLEDGER_DATABASE_OWNER_USERNAME";
  private static final String DATABASE_PASSWORD = "TOKENLEDGER_DATABASE_OWNER_PASSWORD";
  private static final String REDIS_URL = "TOKENLEDGER_REDIS_URL";
  private static final String GUARD_REDIS_URL = "TOKENLEDGER_ALERTING_GUARD_REDIS_URL";

  /** What channels' secrets are encrypted with. */
  static final String SECRET_KEY = "TOKENLEDGER_ALERTING_SECRET_KEY";

  /** All of them: where the stores are, and how to get in. */
  static final Set<String> NAMES =
      Set.of(DATABASE_URL, DATABASE_OWNER, DATABASE_PASSWORD, REDIS_URL, GUARD_REDIS_URL);

  private final List<EmbeddedStore> running = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private final Supervisor supervisor;

  /** Starts what is not named. */
  Stores(DataDirectory directory, Map<String, String> given) throws IOException {
    try {
      if (!given.containsKey(REDIS_URL)) {
        EmbeddedRedis redis = EmbeddedRedis.ofEvents(directory);
        start(redis);
        environment.put(REDIS_URL, redis.url());
        if (!given.containsKey(GUARD_REDIS_URL)) {
          EmbeddedRedis guardRedis = EmbeddedRedis.ofGuard(directory);
          start(guardRedis);
          environment.put(GUARD_REDIS_URL, guardRedis.url());
        }
      }
      if (!given.containsKey(DATABASE_URL)) {
        EmbeddedDatabase database = new EmbeddedDatabase(directory);
        start(database);
        environment.put(DATABASE_URL, database.url());
        environment.put(DATABASE_OWNER, EmbeddedDatabase.OWNER);
        environment.put(DATABASE_PASSWORD, directory.secret("postgres"));
        if (!given.containsKey(SECRET_KEY)) {
          // As long-lived as the data: nobody changes this password.
          environment.put(SECRET_KEY, directory.secret("postgres"));
        }
      } else if (!given.containsKey(DATABASE_PASSWORD)) {
        throw new IllegalStateException(
            DATABASE_URL + " is set: set " + DATABASE_OWNER + " and " + DATABASE_PASSWORD + " too");
      }
    } catch (IOException | RuntimeException | Error e) {
      stopAll();
      throw e;
    }
    supervisor = new Supervisor(running.toArray(EmbeddedStore[]::new));
    supervisor.start();
  }

  private void start(EmbeddedStore store) throws IOException {
    store.start();
    running.add(store);
  }

  /** What services must be told of the embedded stores. */
  Map<String, String> environment() {
    return Map.copyOf(environment);
  }

  @Override
  public void close() {
    supervisor.stop();
    stopAll();
  }

  /** The last one that was started first. */
  private void stopAll() {
    for (int i = running.size() - 1; i >= 0; i--) {
      running.get(i).stop();
    }
    running.clear();
  }
}
