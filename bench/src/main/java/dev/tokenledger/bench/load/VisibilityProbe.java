package dev.tokenledger.bench.load;

import dev.tokenledger.aggregation.event.EventEncoder;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long after its acknowledgement an event can be read: sends one event every 100 ms
 * and looks for its identity, which is committed in the transaction that writes the event and its
 * rollups. Uses its connection on a thread of its own from {@link #start} to {@link #finish}.
 */
public final class VisibilityProbe {
  private static final long SEND_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Between two looks; the resolution of the figure. */
  private static final long LOOK_EVERY_MILLIS = 5;

  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final URI url;
  private final String key;
  private final Connection connection;
  private final String run = "probe-" + UUID.randomUUID() + "-";
  private final Map<UUID, Long> acknowledged = new ConcurrentHashMap<>();
  private final Histogram histogram = new Histogram(LONGEST_NANOS, 3);
  private final Thread sender = new Thread(this::send, "probe-send");
  private final Thread looker = new Thread(this::look, "probe-look");

  private volatile AtomicLong accepted = new AtomicLong();
  private volatile boolean finishing;
  private volatile @Nullable Exception failure;

  public VisibilityProbe(URI url, String key, Connection connection) {
    this.url = url;
    this.key = key;
    this.connection = connection;
    sender.setDaemon(true);
    looker.setDaemon(true);
  }

  /**
   * @param accepted counts the probe's events too, since the ledger does
   */
  void start(AtomicLong accepted) {
    this.accepted = accepted;
    sender.start();
    looker.start();
  }

  /**
   * Sends nothing more, for without it there would always be something that is not settled yet.
   *
   * @return whether the last request still runs
   */
  boolean endSending() {
    finishing = true;
    return sender.isAlive();
  }

  /** Ends the sending and waits for what is not visible yet. */
  Histogram finish() throws InterruptedException, IOException {
    finishing = true;
    sender.join();
    looker.join();
    Exception failed = failure;
    if (failed != null) {
      throw new IOException("the probe for visibility failed", failed);
    }
    return histogram;
  }

  private void send() {
    try (HttpConnection http = new HttpConnection(url)) {
      long due = System.nanoTime();
      for (int i = 0; !finishing; i++) {
        String id = run + i;
        byte[] request = request(id);
        HttpConnection.Answer answer = http.exchange(request, request.length);
        if (answer.accepted() == 1) {
          accepted.incrementAndGet();
          acknowledged.put(EventEncoder.key(id), System.nanoTime());
        }
        due += SEND_EVERY_NANOS;
        LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  private byte[] request(String id) {
    String body =
        "[{\"id\":\""
            + id
            + "\",\"type\":\"user_action\",\"action\":\"probe\",\"feature\":\"probe\",\"time\":\""
            + Instant.now()
            + "\"}]";
    return ("POST /v1/events HTTP/1.1\r\nHost: "
            + url.getHost()
            + "\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void look() {
    try (Statement settings = connection.createStatement();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT event_key FROM ledger.event_identity WHERE tenant_id = ANY (ARRAY(SELECT"
                    + " tenant_id FROM admission.tenants)) AND event_key = ANY (?)")) {
      // The table grows faster than its statistics: without this the probe would read all of it
      // again and again, and measure itself.
      settings.execute("SET enable_seqscan = off");
      settings.execute("SET enable_bitmapscan = off");
      while (!finishing || !acknowledged.isEmpty() || sender.isAlive()) {
        if (!acknowledged.isEmpty()) {
          lookOnce(select);
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (SQLException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lookOnce(PreparedStatement select) throws SQLException {
    Object[] wanted = acknowledged.keySet().toArray();
    select.setArray(1, connection.createArrayOf("uuid", wanted));
    Set<UUID> found = new HashSet<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(rows.getObject(1, UUID.class));
      }
    }
    long now = System.nanoTime();
    for (UUID eventKey : found) {
      Long since = acknowledged.remove(eventKey);
      if (since != null) {
        histogram.recordValue(Math.min(now - since, LONGEST_NANOS));
      }
    }
  }
}
