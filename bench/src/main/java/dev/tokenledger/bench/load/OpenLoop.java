package dev.tokenledger.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Sends one request again and again at an even rate, whether or not earlier ones were answered: a
 * latency counts from when its request was due, so that a pause of the service is felt by all that
 * fall into it. One thread sends and one receives, so that the load takes little of the machine
 * that it measures and few of its own delays are measured along.
 */
final class OpenLoop {
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final int LONGEST_ANSWER = 64 << 10;

  private final URI url;
  private final byte[] request;
  private final Histogram latencies = new Histogram(LONGEST_NANOS, 3);
  private final Map<String, Long> errors = new ConcurrentHashMap<>();
  private final BlockingQueue<Connection> idle = new LinkedBlockingQueue<>();
  private final Set<Connection> all = new HashSet<>();
  private final Selector selector;
  private volatile boolean over;

  private OpenLoop(URI url, byte[] request, Selector selector) {
    this.url = url;
    this.request = request;
    this.selector = selector;
  }

  /**
   * @param latencies of the answers, in nanoseconds
   * @param errors how often each failure occurred
   */
  record Result(Histogram latencies, Map<String, Long> errors) {}

  /**
   * @param connections each has one request under way; what is due while all of them do waits
   * @param leadIn what is due so early is sent, and not counted
   */
  static Result run(
      URI url, byte[] request, int connections, int perSecond, Duration leadIn, Duration duration)
      throws IOException, InterruptedException {
    try (Selector selector = Selector.open()) {
      OpenLoop loop = new OpenLoop(url, request, selector);
      try {
        for (int i = 0; i < connections; i++) {
          loop.open();
        }
        long start = System.nanoTime();
        long counted = start + leadIn.toNanos();
        Thread receiver = new Thread(() -> loop.receive(counted), "receive");
        receiver.setDaemon(true);
        receiver.start();
        loop.send(start, counted + duration.toNanos(), perSecond);
        loop.over = true;
        selector.wakeup();
        receiver.join();
      } finally {
        for (Connection connection : loop.all) {
          connection.channel.close();
        }
      }
      return new Result(loop.latencies, Map.copyOf(loop.errors));
    }
  }

  private void send(long start, long end, int perSecond) throws InterruptedException, IOException {
    for (long n = 0; ; n++) {
      long due = start + (long) (n * 1e9 / perSecond);
      if (due > end) {
        break;
      }
      for (long left; (left = due - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(left);
      }
      Connection connection = idle.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
      if (connection == null) {
        throw new IOException("no request was answered for " + TIMEOUT_MILLIS + " ms");
      }
      try {
        connection.send(due);
      } catch (IOException e) {
        replace(connection, e);
      }
    }
    // Those that are under way are answered, too.
    for (int left = all.size(); left > 0; left--) {
      idle.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void receive(long counted) {
    try {
      while (!over) {
        selector.select(
            key -> {
              Connection connection = (Connection) key.attachment();
              try {
                connection.receive(counted);
              } catch (IOException e) {
                replace(connection, e);
              }
            });
      }
    } catch (IOException e) {
      errors.merge(e.getClass().getSimpleName(), 1L, Long::sum);
    }
  }

  /** Both threads may find a connection broken; it is counted and replaced once. */
  private synchronized void replace(Connection broken, IOException because) {
    if (!all.remove(broken)) {
      return;
    }
    errors.merge(because.getClass().getSimpleName(), 1L, Long::sum);
    idle.remove(broken);
    try {
      broken.channel.close();
      open();
    } catch (IOException e) {
      errors.merge(e.getClass().getSimpleName(), 1L, Long::sum);
    }
  }

  private synchronized void open() throws IOException {
    Connection opened = new Connection();
    all.add(opened);
    idle.add(opened);
  }

  private final class Connection {
    private final SocketChannel channel = SocketChannel.open();
    private final ByteBuffer out = ByteBuffer.wrap(request);
    private final ByteBuffer in = ByteBuffer.allocateDirect(LONGEST_ANSWER);
    private volatile long due;

    /** How long the answer is that is being received, or 0 before its header has come. */
    private int length;

    private int status;

    Connection() throws IOException {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.socket().connect(new InetSocketAddress(url.getHost(), url.getPort()), TIMEOUT_MILLIS);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    void send(long dueNanos) throws IOException {
      due = dueNanos;
      out.clear();
      while (out.hasRemaining()) {
        channel.write(out);
      }
    }

    void receive(long counted) throws IOException {
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (length == 0) {
        readHeader();
      }
      if (length == 0 || in.position() < length) {
        return;
      }
      in.clear();
      length = 0;
      if (status != 200) {
        errors.merge(Integer.toString(status), 1L, Long::sum);
      } else if (due >= counted) {
        latencies.recordValue(Math.min(System.nanoTime() - due, LONGEST_NANOS));
      }
      idle.add(this);
    }

    private void readHeader() throws IOException {
      byte[] got = new byte[in.position()];
      in.get(0, got);
      String text = new String(got, StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        HttpConnection.Header header = HttpConnection.Header.parse(text.substring(0, end + 4));
        status = header.status();
        length = end + 4 + header.contentLength();
        if (length > LONGEST_ANSWER) {
          throw new IOException("an answer of " + length + " bytes is longer than expected");
        }
      }
    }
  }
}
