package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Encrypts with the present key, once after the start, what was encrypted with a former one; from
 * then on the configuration need not name that one any more.
 */
@ApplicationScoped
public class SecretRenewal {
  private static final Logger LOG = Logger.getLogger(SecretRenewal.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final Database database;
  private final ChannelSecrets secrets;
  private final BackgroundLoop loop;

  /** Read and written by the loop's thread. */
  private boolean done;

  public SecretRenewal(AlertingStart start, ChannelSecrets secrets, MeterRegistry meters) {
    this.database = start.database();
    this.secrets = secrets;
    this.loop =
        new BackgroundLoop("secret-renewal", LOOK_EVERY, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    if (secrets.hasFormerKeys()) {
      loop.start();
    }
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    if (!done) {
      int renewed = renew(database, secrets);
      done = true;
      LOG.infof("%d secrets of channels were encrypted with a former key", renewed);
    }
  }

  /** Returns how many secrets it has encrypted anew. */
  static int renew(Database database, ChannelSecrets secrets) {
    ChannelStore store = new ChannelStore();
    return database.asService(
        connection -> {
          int renewed = 0;
          for (ChannelStore.Encrypted secret : store.encryptedSecrets(connection)) {
            Optional<byte[]> anew = secrets.encryptAnew(secret.secret());
            if (anew.isPresent()) {
              store.replace(connection, secret, anew.get());
              renewed++;
            }
          }
          return renewed;
        });
  }
}
