package dev.tokenledger.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServer;
import io.vertx.ext.web.Router;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The gateway between a caller and services that are servers of this test. */
class GatewayTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final CountDownLatch held = new CountDownLatch(1);
  private TestConfig config = TestConfig.nobody();
  private URI gateway = URI.create("http://127.0.0.1");

  @BeforeEach
  void start() throws Exception {
    config = TestConfig.with(serve(this::service));
    gateway = serve(gateway(config));
  }

  @AfterEach
  void stop() throws Exception {
    held.countDown();
    get(vertx.close());
  }

  @Test
  void aBodyOfSixteenMebibytesArrivesAsItWasSentWithAndWithoutItsLength() throws Exception {
    byte[] body = random(16 * 1024 * 1024);
    String digest = sha256(body);
    assertThat(post("/v1/events/digest", BodyPublishers.ofByteArray(body)).body())
        .isEqualTo(digest);
    assertThat(
            post(
                    "/v1/events/digest",
                    BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                .body())
        .isEqualTo(digest);
  }

  @Test
  void anAnswerOfSixteenMebibytesIsStreamedBackUnchanged() throws Exception {
    HttpResponse<byte[]> answer =
        client.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/analytics/large"))
                .timeout(PATIENCE)
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(sha256(answer.body())).isEqualTo(sha256(random(16 * 1024 * 1024)));
  }

  @Test
  void anAnswerIsPassedOnWhileItIsStillBeingMade() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/analytics/slow")).timeout(PATIENCE).build(),
            BodyHandlers.ofInputStream());
    assertThat(new String(answer.body().readNBytes(5))).isEqualTo("first");
    held.countDown();
    assertThat(new String(answer.body().readAllBytes())).isEqualTo("second");
  }

  @Test
  void compressedAnswersAndTheirStatusPassUntouched() throws Exception {
    HttpResponse<String> answer = get("/v1/analytics/teapot");
    assertThat(answer.statusCode()).isEqualTo(418);
    assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(answer.body()).isEqualTo("not gzip at all");
    assertThat(answer.headers().firstValue("X-Own")).contains("kept");
    assertThat(answer.headers().firstValue("X-Link")).isEmpty();
  }

  @Test
  void theServiceLearnsWhoCallsAndNotWhatTheCallerClaims() throws Exception {
    JsonNode seen =
        JSON.readTree(
            get(
                    "/v1/analytics/headers?a=1&b=%2F",
                    "X-Forwarded-For",
                    "10.1.1.1",
                    "X-Forwarded-Proto",
                    "https",
                    "Forwarded",
                    "for=10.1.1.1",
                    "Authorization",
                    "Bearer k",
                    "TE",
                    "trailers")
                .body());
    assertThat(seen.path("uri").asText()).isEqualTo("/v1/analytics/headers?a=1&b=%2F");
    assertThat(seen.path("x-forwarded-for").asText()).isEqualTo("127.0.0.1");
    assertThat(seen.path("x-forwarded-proto").asText()).isEqualTo("http");
    assertThat(seen.path("x-forwarded-host").asText()).isEqualTo("127.0.0.1:" + gateway.getPort());
    assertThat(seen.path("authorization").asText()).isEqualTo("Bearer k");
    assertThat(seen.has("forwarded")).isFalse();
    assertThat(seen.has("te")).isFalse();
  }

  @Test
  void healthAndMetricsOfServicesAreNotReachedByDetours() throws Exception {
    for (String path :
        List.of("/q/metrics", "/ui/../q/metrics", "/%71/metrics", "//q/metrics", "/ui/%2e%2e/q/")) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
      assertThat(JSON.readTree(answer.body()).path("code").asText()).isEqualTo("not_found");
    }
  }

  @Test
  void aServiceThatIsAwayIsAnsweredForAtOnceWithAProblem() throws Exception {
    gateway = serve(gateway(TestConfig.nobody()));
    HttpResponse<String> answer =
        post("/v1/events", BodyPublishers.ofByteArray(random(16 * 1024 * 1024)));
    assertProblem(answer, 503, "service_unavailable");
    assertThat(JSON.readTree(answer.body()).path("detail").asText())
        .contains("ingest", "Nothing was carried out");
  }

  @Test
  void aServiceThatEndsBeforeItAnswersIsAProblemOfItsOwn() throws Exception {
    HttpResponse<String> answer = post("/v1/keys/hang-up", BodyPublishers.ofString("{}"));
    assertProblem(answer, 503, "service_interrupted");
    assertThat(JSON.readTree(answer.body()).path("detail").asText()).contains("before you repeat");
  }

  @Test
  void aServiceThatEndsWithinTheBodyOfARequestIsAProblemToo() throws Exception {
    NetServer server =
        get(
            vertx
                .createNetServer()
                .connectHandler(socket -> socket.handler(first -> socket.close()))
                .listen(0, "127.0.0.1"));
    gateway =
        serve(gateway(TestConfig.with(URI.create("http://127.0.0.1:" + server.actualPort()))));
    HttpResponse<String> answer =
        post("/v1/events", BodyPublishers.ofByteArray(random(16 * 1024 * 1024)));
    assertProblem(answer, 503, "service_interrupted");
  }

  @Test
  void aServiceThatIsSilentIsNotWaitedForWithoutEnd() throws Exception {
    assertProblem(get("/v1/ledger/silence"), 504, "service_timeout");
  }

  @Test
  void aHalfAnswerIsNotTakenForAWholeOne() {
    assertThat(
            client
                .sendAsync(
                    HttpRequest.newBuilder(gateway.resolve("/v1/analytics/half")).build(),
                    BodyHandlers.ofString())
                .handle((answer, failure) -> failure)
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join())
        .isNotNull();
  }

  @Test
  void moreRequestsThanMayWaitAreRefused() throws Exception {
    gateway = serve(gateway(config.withConnections(1, 1)));
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      answers.add(
          client.sendAsync(
              HttpRequest.newBuilder(gateway.resolve("/v1/ledger/silence")).build(),
              BodyHandlers.ofString()));
    }
    List<String> codes = new ArrayList<>();
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      HttpResponse<String> response = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(response.headers().firstValue("Retry-After")).isPresent();
      codes.add(JSON.readTree(response.body()).path("code").asText());
    }
    assertThat(codes).contains("queue_full", "service_timeout");
  }

  @Test
  void readinessNamesTheServiceThatIsNotReady() throws Exception {
    HealthCheckResponse all =
        new ServicesReadiness(new ServiceClient(config, vertx)).call().await().atMost(PATIENCE);
    assertThat(all.getStatus()).isEqualTo(HealthCheckResponse.Status.UP);
    TestConfig oneAway = config.withAlerting(TestConfig.NOWHERE);
    HealthCheckResponse three =
        new ServicesReadiness(new ServiceClient(oneAway, vertx)).call().await().atMost(PATIENCE);
    assertThat(three.getStatus()).isEqualTo(HealthCheckResponse.Status.DOWN);
    assertThat(three.getData().orElseThrow())
        .containsEntry("alerting", "cannot be reached")
        .containsEntry("ingest", "ready");
  }

  @Test
  void theDocumentIsAnsweredAsYamlAndAsJson() throws Exception {
    assertThat(get("/openapi").headers().firstValue("Content-Type"))
        .contains("application/yaml;charset=UTF-8");
    for (HttpResponse<String> json :
        List.of(
            get("/openapi", "Accept", "application/json"),
            get("/openapi?format=json"),
            get("/openapi.json"))) {
      assertThat(JSON.readTree(json.body()).path("paths").has("/v1/analytics")).isTrue();
    }
  }

  @Test
  void theDocumentIsRefusedWhileAPartOfItIsUnknown() throws Exception {
    gateway = serve(gateway(config.withAlerting(TestConfig.NOWHERE)));
    assertProblem(get("/openapi"), 503, "service_unavailable");
  }

  @Test
  void requestsAreCountedByServiceAndKindOfStatus() throws Exception {
    get("/v1/analytics/teapot");
    // Counted once the answer has left, which its reader may see first.
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (answersCounted() == 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(answersCounted()).isEqualTo(1);
  }

  private long answersCounted() {
    Timer timer =
        metrics
            .find("tokenledger.gateway.requests")
            .tags("service", "reporting", "status", "4xx")
            .timer();
    return timer == null ? 0 : timer.count();
  }

  private static void assertProblem(HttpResponse<String> answer, int status, String code)
      throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(answer.headers().firstValue("Retry-After")).contains("2");
    JsonNode problem = JSON.readTree(answer.body());
    assertThat(problem.path("code").asText()).isEqualTo(code);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
  }

  /** A service that does what the last part of the path says. */
  private void service(HttpServerRequest request) {
    String path = request.path();
    switch (path.substring(path.lastIndexOf('/') + 1)) {
      case "ready" -> request.response().end("{}");
      case "openapi" ->
          request
              .response()
              .end("{\"openapi\": \"3.1.0\", \"paths\": {\"/v1/analytics\": {\"get\": {}}}}");
      case "digest" ->
          request.body().onSuccess(body -> request.response().end(sha256(body.getBytes())));
      case "large" -> request.response().end(Buffer.buffer(random(16 * 1024 * 1024)));
      case "slow" -> {
        request.response().setChunked(true).write("first");
        vertx
            .executeBlocking(() -> held.await(20, TimeUnit.SECONDS))
            .onComplete(ended -> request.response().end("second"));
      }
      case "teapot" ->
          request
              .response()
              .setStatusCode(418)
              .putHeader("Content-Encoding", "gzip")
              .putHeader("X-Own", "kept")
              .putHeader("Connection", "X-Link")
              .putHeader("X-Link", "of this connection")
              .end("not gzip at all");
      case "headers" -> {
        var seen = JSON.createObjectNode().put("uri", request.uri());
        request.headers().forEach(header -> seen.put(lower(header.getKey()), header.getValue()));
        request.response().end(seen.toString());
      }
      case "hang-up" -> request.body().onComplete(body -> request.connection().close());
      case "half" -> {
        request.response().putHeader("Content-Length", "1000").write("half");
        vertx.setTimer(50, late -> request.connection().close());
      }
      case "silence" -> request.resume();
      default -> request.response().setStatusCode(500).end("the gateway sent " + path);
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(java.util.Locale.ROOT);
  }

  private Router gateway(GatewayConfig settings) {
    ServiceClient services = new ServiceClient(settings, vertx);
    Router router = Router.router(vertx);
    new OpenApiDocument(services, settings).register(router);
    new Forwarding(services, settings, metrics).register(router);
    return router;
  }

  private URI serve(io.vertx.core.Handler<HttpServerRequest> handler) throws Exception {
    HttpServer server =
        get(
            vertx
                .createHttpServer(new HttpServerOptions().setHandle100ContinueAutomatically(true))
                .requestHandler(handler)
                .listen(0, "127.0.0.1"));
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    // Not resolved: dots and slashes go as they are.
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway + path)).timeout(PATIENCE);
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, HttpRequest.BodyPublisher body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(gateway.resolve(path)).timeout(PATIENCE).POST(body).build(),
        BodyHandlers.ofString());
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
