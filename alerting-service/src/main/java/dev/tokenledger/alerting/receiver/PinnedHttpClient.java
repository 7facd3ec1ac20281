package dev.tokenledger.alerting.receiver;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Posts to addresses that tenants choose. The host is resolved once, its addresses are judged, and
 * the connection is made to one of exactly these, so that a name that changes in between leads
 * nowhere else. TLS still asks for, and checks, the name. No redirect is followed, no connection
 * kept, no proxy used, and of an answer no more is read than the caller wants.
 */
final class PinnedHttpClient {
  private static final Logger LOG = Logger.getLogger(PinnedHttpClient.class);

  /** More addresses of one host are not tried in one attempt. */
  private static final int MAX_ADDRESSES = 3;

  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private final AddressGuard guard;
  private final Duration timeout;
  private final Clock clock;
  private final HttpClient client;

  /**
   * @param timeout for a whole exchange, resolving included
   * @param connections most connections at once to one host
   */
  PinnedHttpClient(
      Vertx vertx, AddressGuard guard, Duration timeout, int connections, Clock clock) {
    this(vertx, guard, timeout, connections, clock, new HttpClientOptions());
  }

  /**
   * @param options what TLS trusts; the rest is set here
   */
  PinnedHttpClient(
      Vertx vertx,
      AddressGuard guard,
      Duration timeout,
      int connections,
      Clock clock,
      HttpClientOptions options) {
    this.guard = guard;
    this.timeout = timeout;
    this.clock = clock;
    this.client =
        vertx.createHttpClient(
            options
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setVerifyHost(true)
                .setKeepAlive(false)
                .setMaxPoolSize(connections)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setSslHandshakeTimeout(timeout.toMillis())
                .setDecompressionSupported(false));
  }

  /**
   * An answer.
   *
   * @param retryAfter what it asks for, or null
   * @param text the beginning of its body, as much as was wanted
   */
  record Answer(int status, @Nullable Duration retryAfter, String text) {

    boolean isSuccess() {
      return status >= 200 && status < 300;
    }

    /** What went wrong, for people. */
    String complaint() {
      return status >= 300 && status < 400
          ? "the receiver answered "
              + status
              + ", a redirect, which is not followed: set the channel to the final address"
          : "the receiver answered " + status;
    }

    DeliveryOutcome as(DeliveryOutcome.Kind kind) {
      return new DeliveryOutcome(kind, status, complaint(), retryAfter);
    }
  }

  /**
   * Posts a body of JSON.
   *
   * @param wanted most bytes of the answer's body to read; with 0 the connection ends as soon as
   *     the status is known
   * @throws IOException if there is no answer in time or the address is refused; the message says
   *     why, for people
   */
  Answer post(URI url, Map<String, String> headers, String body, int wanted) throws IOException {
    long end = System.nanoTime() + timeout.toNanos();
    String host = url.getHost();
    AddressGuard.Verdict verdict = guard.check(host);
    if (verdict.refusal() != null) {
      throw new IOException(verdict.refusal());
    }
    List<InetAddress> addresses = verdict.allowed();
    int most = Math.min(MAX_ADDRESSES, addresses.size());
    for (int i = 0; i < most - 1; i++) {
      try {
        return exchange(addresses.get(i), url, headers, body, wanted, end, most - i);
      } catch (ConnectException e) {
        // Nothing was sent. Another address may be reachable, as where there is no IPv6.
        LOG.debugf(e, "%s of %s", addresses.get(i), host);
      }
    }
    return exchange(addresses.get(most - 1), url, headers, body, wanted, end, 1);
  }

  /**
   * @param share connecting may take this part of the time that is left: what comes next takes more
   * @throws ConnectException if there is no connection, so that nothing was sent
   */
  private Answer exchange(
      InetAddress address,
      URI url,
      Map<String, String> headers,
      String body,
      int wanted,
      long end,
      int share)
      throws IOException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    if (left <= 0) {
      // Also when resolving took too long: nothing may be sent once others may try.
      throw new IOException(tooLate());
    }
    AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
    Future<Answer> answer =
        client
            .request(options(address, url, headers).setConnectTimeout(Math.max(1, left / share)))
            .compose(
                request -> {
                  sent.set(request);
                  if (System.nanoTime() - end >= 0) {
                    // Connected, or agreed on TLS, after the caller has left.
                    request.connection().close();
                    return Future.failedFuture(tooLate());
                  }
                  return request.send(Buffer.buffer(body)).compose(head -> read(head, wanted));
                });
    try {
      return answer.toCompletionStage().toCompletableFuture().get(left, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      close(sent.get());
      throw new IOException(tooLate(), e);
    } catch (ExecutionException e) {
      throw asIoException(e.getCause(), sent.get() != null);
    } catch (InterruptedException e) {
      close(sent.get());
      Thread.currentThread().interrupt();
      throw new IOException("interrupted by shutdown", e);
    }
  }

  private static RequestOptions options(InetAddress address, URI url, Map<String, String> headers) {
    boolean tls = "https".equals(url.getScheme());
    int port = url.getPort() < 0 ? tls ? HTTPS_PORT : HTTP_PORT : url.getPort();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(address, port)))
            .setHost(url.getHost())
            .setPort(port)
            .setSsl(tls)
            .setFollowRedirects(false)
            .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
            .putHeader("Content-Type", "application/json")
            .putHeader("User-Agent", "TokenLedger");
    headers.forEach(options::putHeader);
    return options;
  }

  private Future<Answer> read(HttpClientResponse head, int wanted) {
    Duration retryAfter =
        Optional.ofNullable(head.getHeader("Retry-After"))
            .map(value -> retryAfter(value.strip(), clock.instant()))
            .orElse(null);
    Promise<Answer> promise = Promise.promise();
    Buffer start = Buffer.buffer();
    Runnable finish =
        () ->
            promise.tryComplete(
                new Answer(head.statusCode(), retryAfter, start.toString(StandardCharsets.UTF_8)));
    if (wanted == 0) {
      finish.run();
      head.request().connection().close();
      return promise.future();
    }
    head.handler(
        chunk -> {
          start.appendBuffer(chunk, 0, Math.min(chunk.length(), wanted - start.length()));
          if (start.length() == wanted) {
            finish.run();
            head.request().connection().close();
          }
        });
    head.endHandler(end -> finish.run());
    // The status has been received; what is missing is only text.
    head.exceptionHandler(e -> finish.run());
    return promise.future();
  }

  /**
   * How long to wait, by seconds or by a date of RFC 9110; null for anything else. What has passed
   * is no time at all.
   */
  static @Nullable Duration retryAfter(String value, Instant now) {
    if (value.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static void close(@Nullable HttpClientRequest request) {
    if (request != null) {
      request.connection().close();
    }
  }

  private String tooLate() {
    return "no answer within " + timeout.toMillis() + " ms";
  }

  private static IOException asIoException(@Nullable Throwable cause, boolean connected) {
    String text = cause == null ? "unknown" : String.valueOf(cause.getMessage());
    if (cause instanceof ConnectException connect) {
      return connect;
    }
    if (cause instanceof SSLException) {
      return new IOException("TLS: " + text, cause);
    }
    if (!connected && (cause instanceof SocketException || cause instanceof TimeoutException)) {
      // As of a network that cannot be reached, or when its share of the time is over.
      ConnectException unreachable = new ConnectException(text);
      unreachable.initCause(cause);
      return unreachable;
    }
    return new IOException(
        (cause == null ? "failure" : cause.getClass().getSimpleName()) + ": " + text, cause);
  }
}
