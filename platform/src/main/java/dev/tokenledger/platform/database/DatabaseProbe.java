package dev.tokenledger.platform.database;

import dev.tokenledger.platform.PlatformConfig;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database for an answer each second, over a connection of its own. One that gives none
 * for some seconds is away, be it down or hanging: new work fails at once, and what waits for an
 * answer is ended after a while. It is back with its first answer.
 */
@Default
@Readiness
@ApplicationScoped
public class DatabaseProbe implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(DatabaseProbe.class);

  private static final long LOOK_EVERY_MILLIS = 1_000;
  private static final String ANSWER_SECONDS = "2";

  /** Silent for so long, nobody waits for it any more. */
  static final Duration AWAY_AFTER = Duration.ofSeconds(3);

  /** Silent for so long, what was begun before is ended. */
  static final Duration ABORT_AFTER = Duration.ofSeconds(6);

  private final Databases databases;
  private final PlatformConfig.Database config;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::watch, "database-probe");

  private volatile long answeredNanos = System.nanoTime();
  private volatile String failure = "was not asked yet";
  private volatile boolean answered;
  private @Nullable Connection connection;

  public DatabaseProbe(Databases databases, PlatformConfig config) {
    this.databases = databases;
    this.config = config.database();
    thread.setDaemon(true);
  }

  void begin(@Observes StartupEvent event) {
    thread.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    stopped.countDown();
    thread.join(TimeUnit.SECONDS.toMillis(5));
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("database").status(answered);
    if (!answered) {
      response.withData("reason", failure);
    }
    return response.build();
  }

  private void watch() {
    boolean aborted = false;
    try {
      while (!stopped.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
        if (asks()) {
          answeredNanos = System.nanoTime();
          answered = true;
          aborted = false;
          databases.away(false);
          continue;
        }
        Duration silence = Duration.ofNanos(System.nanoTime() - answeredNanos);
        if (silence.compareTo(AWAY_AFTER) >= 0) {
          if (answered) {
            LOG.warnf("the database gives no answer: %s", failure);
          }
          answered = false;
          databases.away(true);
        }
        if (silence.compareTo(ABORT_AFTER) >= 0 && !aborted) {
          aborted = true;
          databases.abort();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  /** Whether it answers. A refusal for want of rights or connections is an answer, too. */
  private boolean asks() {
    try {
      Connection asked = connection;
      if (asked == null) {
        asked = DriverManager.getConnection(config.url(), login());
        connection = asked;
      }
      try (PreparedStatement select = asked.prepareStatement("SELECT 1")) {
        select.execute();
      }
      return true;
    } catch (SQLException e) {
      close();
      failure = String.valueOf(e.getMessage());
      String state = e.getSQLState();
      return state != null && (state.startsWith("28") || state.startsWith("53"));
    }
  }

  private Properties login() {
    Properties login = new Properties();
    login.setProperty("user", ServiceRole.IDENTITY.roleName());
    login.setProperty("password", databases.password(ServiceRole.IDENTITY));
    login.setProperty("ApplicationName", "tokenledger_probe");
    login.setProperty("connectTimeout", ANSWER_SECONDS);
    login.setProperty("loginTimeout", ANSWER_SECONDS);
    login.setProperty("socketTimeout", ANSWER_SECONDS);
    return login;
  }

  private void close() {
    Connection asked = connection;
    connection = null;
    if (asked != null) {
      try {
        asked.close();
      } catch (SQLException e) {
        LOG.debugf(e, "closing a connection that was given up");
      }
    }
  }
}
