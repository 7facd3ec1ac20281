package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PinnedHttpClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final String HOST = "receiver.test";
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  @TempDir static Path folder;
  private static Vertx vertx;
  private static TestCertificate certificate;

  private final List<String> hosts = Collections.synchronizedList(new ArrayList<>());
  private final List<String> names = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger resolved = new AtomicInteger();
  private HttpServer server;

  @BeforeAll
  static void prepare() throws Exception {
    vertx = Vertx.vertx();
    certificate = TestCertificate.forHost(HOST, folder);
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  @Test
  void theHostHeaderHasTheNameAndTheConnectionGoesToTheCheckedAddress() throws Exception {
    int port = serve(exchange -> answer(exchange, 200, "fine"));
    PinnedHttpClient.Answer answer =
        to(LOOPBACK).post(URI.create("http://" + HOST + ":" + port + "/a?b=c"), Map.of(), "{}", 10);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("fine");
    assertThat(hosts).containsExactly(HOST + ":" + port + " /a?b=c");
    assertThat(resolved).as("times that the name was resolved").hasValue(1);
  }

  @Test
  void tlsAsksForTheNameAndChecksItAlthoughTheAddressIsPinned() throws Exception {
    int port = serveTls(certificate);
    PinnedHttpClient.Answer answer =
        to(LOOPBACK).post(URI.create("https://" + HOST + ":" + port + "/"), Map.of(), "{}", 0);
    assertThat(answer.status()).isEqualTo(204);
    assertThat(names).as("server name indication").containsExactly(HOST);
    assertThat(hosts).containsExactly(HOST + ":" + port + " /");
  }

  @Test
  void aCertificateForAnotherNameIsRefused() throws Exception {
    int port = serveTls(certificate);
    assertThatThrownBy(
            () ->
                to(LOOPBACK)
                    .post(URI.create("https://other.test:" + port + "/"), Map.of(), "{}", 0))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("TLS: ");
    assertThat(hosts).isEmpty();
  }

  @Test
  void aCertificateThatNobodyVouchesForIsRefused() throws Exception {
    int port = serveTls(certificate);
    PinnedHttpClient http =
        new PinnedHttpClient(vertx, new AddressGuard(true, name -> found()), TIMEOUT, 1, clock());
    assertThatThrownBy(
            () -> http.post(URI.create("https://" + HOST + ":" + port + "/"), Map.of(), "{}", 0))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("TLS: ");
    assertThat(hosts).isEmpty();
  }

  /** The name is at a public address while it is judged, and at ours when it is asked for again. */
  @Test
  void aNameThatChangesAfterItWasJudgedLeadsNowhereElse() throws Exception {
    int port = serve(exchange -> answer(exchange, 200, ""));
    // Of a network for documentation, which nobody routes: nobody is there, and it counts as
    // public.
    InetAddress elsewhere = InetAddress.getByName("203.0.113.1");
    AddressGuard guard =
        new AddressGuard(
            false,
            name -> new InetAddress[] {resolved.getAndIncrement() == 0 ? elsewhere : LOOPBACK});
    PinnedHttpClient http = new PinnedHttpClient(vertx, guard, Duration.ofSeconds(1), 1, clock());
    URI url = URI.create("http://localhost:" + port + "/");
    assertThatThrownBy(() -> http.post(url, Map.of(), "{}", 0)).isInstanceOf(IOException.class);
    assertThat(hosts).as("requests to this machine").isEmpty();
    assertThatThrownBy(() -> http.post(url, Map.of(), "{}", 0))
        .hasMessageContaining("private address");
    assertThat(hosts).isEmpty();
  }

  @Test
  void oneBadAddressAmongGoodOnesIsEnoughToRefuse() {
    AddressGuard guard =
        new AddressGuard(
            false, name -> new InetAddress[] {InetAddress.getByName("1.1.1.1"), LOOPBACK});
    assertThat(guard.check(HOST).allowed()).isEmpty();
    assertThat(guard.refusal(HOST)).isPresent();
  }

  @Test
  void anAddressThatDoesNotAnswerIsFollowedByTheNext() throws Exception {
    int port = serve(exchange -> answer(exchange, 200, ""));
    InetAddress other = InetAddress.getByName("127.0.0.2");
    assertThat(toFirst(other).post(url(port), Map.of(), "{}", 0).status()).isEqualTo(200);
  }

  /** Its queue of connections is full, so that it leaves what comes without an answer. */
  @Test
  void anAddressThatTakesNoConnectionInItsShareOfTheTimeIsFollowedByTheNext() throws Exception {
    int port = serve(exchange -> answer(exchange, 200, ""));
    InetAddress other = InetAddress.getByName("127.0.0.2");
    List<Socket> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(port, 1, other)) {
      for (int i = 0; i < 2; i++) {
        waiting.add(new Socket(other, port));
      }
      assertThat(full.isBound()).isTrue();
      assertThat(toFirst(other).post(url(port), Map.of(), "{}", 0).status()).isEqualTo(200);
    } finally {
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  @Test
  void anAddressWithoutAWayToItIsFollowedByTheNext() throws Exception {
    int port = serve(exchange -> answer(exchange, 200, ""));
    // Nobody connects to all at once: the network says that it cannot be reached.
    InetAddress unreachable = InetAddress.getByName("255.255.255.255");
    assertThat(toFirst(unreachable).post(url(port), Map.of(), "{}", 0).status()).isEqualTo(200);
  }

  private PinnedHttpClient toFirst(InetAddress first) {
    AddressGuard guard = new AddressGuard(true, name -> new InetAddress[] {first, LOOPBACK});
    return new PinnedHttpClient(vertx, guard, TIMEOUT, 1, clock());
  }

  private static URI url(int port) {
    return URI.create("http://" + HOST + ":" + port + "/");
  }

  @Test
  void aRedirectIsAFailureThatSaysWhatToDo() throws Exception {
    int port =
        serve(
            exchange -> {
              exchange.getResponseHeaders().add("Location", "http://127.0.0.1:1/");
              answer(exchange, 307, "");
            });
    PinnedHttpClient.Answer answer =
        to(LOOPBACK).post(URI.create("http://" + HOST + ":" + port + "/"), Map.of(), "{}", 0);
    assertThat(answer.isSuccess()).isFalse();
    assertThat(answer.complaint()).contains("307", "not followed");
    assertThat(hosts).hasSize(1);
  }

  @Test
  void aReceiverThatSaysNothingIsLeftAfterTheTimeout() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, LOOPBACK)) {
      AddressGuard guard = new AddressGuard(true, name -> found());
      PinnedHttpClient http =
          new PinnedHttpClient(vertx, guard, Duration.ofMillis(300), 1, clock());
      URI url = URI.create("http://" + HOST + ":" + silent.getLocalPort() + "/");
      assertThatThrownBy(() -> http.post(url, Map.of(), "{}", 0))
          .hasMessage("no answer within 300 ms");
    }
  }

  @Test
  void ofALongAnswerOnlyTheBeginningIsRead() throws Exception {
    int port = serve(exchange -> answer(exchange, 400, "x".repeat(1_000_000)));
    PinnedHttpClient.Answer answer =
        to(LOOPBACK).post(URI.create("http://" + HOST + ":" + port + "/"), Map.of(), "{}", 100);
    assertThat(answer.text()).hasSize(100);
  }

  @Test
  void retryAfterIsReadAsSecondsAndAsADate() {
    assertThat(PinnedHttpClient.retryAfter("120", NOW)).isEqualTo(Duration.ofSeconds(120));
    assertThat(PinnedHttpClient.retryAfter("Fri, 20 Nov 2026 10:01:30 GMT", NOW))
        .isEqualTo(Duration.ofSeconds(90));
    assertThat(PinnedHttpClient.retryAfter("Fri, 20 Nov 2026 09:00:00 GMT", NOW))
        .isEqualTo(Duration.ZERO);
    assertThat(PinnedHttpClient.retryAfter("soon", NOW)).isNull();
    assertThat(PinnedHttpClient.retryAfter("-1", NOW)).isNull();
  }

  private InetAddress[] found() {
    resolved.incrementAndGet();
    return new InetAddress[] {LOOPBACK};
  }

  private PinnedHttpClient to(InetAddress address) {
    AddressGuard.Resolver resolver =
        name -> {
          if (!name.endsWith(".test")) {
            throw new UnknownHostException(name);
          }
          resolved.incrementAndGet();
          return new InetAddress[] {address};
        };
    return new PinnedHttpClient(
        vertx,
        new AddressGuard(true, resolver),
        TIMEOUT,
        1,
        clock(),
        new HttpClientOptions()
            .setTrustOptions(
                new PfxOptions()
                    .setPath(certificate.store().toString())
                    .setPassword(TestCertificate.PASSWORD)));
  }

  private static Clock clock() {
    return Clock.fixed(NOW, java.time.ZoneOffset.UTC);
  }

  private interface Answering {
    void to(HttpExchange exchange) throws IOException;
  }

  private int serve(Answering answering) throws IOException {
    return listen(HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0), answering);
  }

  private int serveTls(TestCertificate of) throws Exception {
    HttpsServer tls = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    tls.setHttpsConfigurator(
        new HttpsConfigurator(of.serverContext()) {
          @Override
          public void configure(HttpsParameters parameters) {
            parameters.setSSLParameters(getSSLContext().getDefaultSSLParameters());
          }
        });
    return listen(
        tls,
        exchange -> {
          ExtendedSSLSession session =
              (ExtendedSSLSession) ((HttpsExchange) exchange).getSSLSession();
          session
              .getRequestedServerNames()
              .forEach(name -> names.add(new String(name.getEncoded(), StandardCharsets.US_ASCII)));
          answer(exchange, 204, "");
        });
  }

  private int listen(HttpServer listening, Answering answering) {
    server = listening;
    server.createContext(
        "/",
        exchange -> {
          hosts.add(exchange.getRequestHeaders().getFirst("Host") + " " + exchange.getRequestURI());
          exchange.getRequestBody().readAllBytes();
          answering.to(exchange);
        });
    server.start();
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      try {
        exchange.getResponseBody().write(body);
      } catch (IOException e) {
        // The other side has read enough.
        assertThat(body.length).isGreaterThan(10_000);
      }
    }
    exchange.close();
  }
}
