package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What strangers and slow callers can take of the process, which is little and for a while. */
class EdgeIT {
  private static final int MOST = 300;

  private static TokenLedgerProcess product;
  private static URI url;

  @BeforeAll
  static void start() throws Exception {
    product =
        TokenLedgerProcess.start(
            "edge",
            "-Dtokenledger.http.max-connections=" + MOST,
            "-Dtokenledger.http.header-timeout=4s",
            "-Dtokenledger.http.keep-alive=6s",
            "-Dtokenledger.http.body-grace=3s");
    url = product.url();
  }

  @AfterAll
  static void stop() throws Exception {
    product.close();
  }

  @Test
  void namesThatCallersInventAreNoNamesOfMetrics() throws Exception {
    assertThat(product.ingest().report(Events.call(UUID.randomUUID().toString(), 1, 1)).status())
        .isEqualTo(202);
    int before = metrics().split("\n").length;
    try (Socket socket = connect()) {
      for (int i = 0; i < 3_000; i++) {
        String request =
            switch (i % 4) {
              case 0 -> "PURGE-" + i + " /v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
              case 1 -> "GET /v1/nowhere/" + i + " HTTP/1.1\r\nHost: x\r\n\r\n";
              case 2 ->
                  "GET /ui" + "/".repeat(i % 97) + i + ".js HTTP/1.1\r\nHost: h" + i + "\r\n\r\n";
              default ->
                  "DELETE /v1/keys/k"
                      + i
                      + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tl_k"
                      + i
                      + "_s\r\n\r\n";
            };
        send(socket, request);
        assertThat(status(socket)).isBetween(400, 499);
      }
    }
    String after = metrics();
    assertThat(after.split("\n").length).isLessThan(before + 60);
    assertThat(after)
        .doesNotContain("PURGE")
        .doesNotContain("nowhere")
        .contains("uri=\"/v1/events\"");
  }

  @ParameterizedTest
  @CsvSource({"HTTP_1_1", "HTTP_2"})
  void aBodyIsTakenHoweverItComes(HttpClient.Version version) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(version).build();
    byte[] body =
        ("[" + Events.call(UUID.randomUUID().toString(), 1, 1) + "]")
            .getBytes(StandardCharsets.UTF_8);
    for (boolean expect : new boolean[] {false, true}) {
      for (HttpRequest.BodyPublisher publisher :
          List.of(
              HttpRequest.BodyPublishers.ofByteArray(body),
              HttpRequest.BodyPublishers.ofInputStream(
                  () -> new java.io.ByteArrayInputStream(body)))) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(url.resolve("/v1/events"))
                    .header("Authorization", "Bearer " + product.ingest().key())
                    .expectContinue(expect && version == HttpClient.Version.HTTP_1_1)
                    .POST(publisher)
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/budgets/authorize, 300000",
    "/v1/analytics/query, 262145",
    "/v1/projects, 5000000",
    "/v1/events, 16777217",
    "/v1/prices/import, 33554433"
  })
  void aBodyLargerThanItsEndpointReadsIsRefused(String path, int bytes) throws Exception {
    byte[] body = " ".repeat(bytes).getBytes(StandardCharsets.US_ASCII);
    Api api = path.equals("/v1/events") ? product.ingest() : product.admin();
    Api.Answer whole =
        api.send(
            path, HttpRequest.BodyPublishers.ofByteArray(body), "Content-Type", "application/json");
    Api.Answer chunked =
        api.send(
            path,
            HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)),
            "Content-Type",
            "application/json");
    for (Api.Answer answer : List.of(whole, chunked)) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(413);
      assertThat(answer.code()).isEqualTo("body_too_large");
      assertThat(answer.type()).startsWith("application/problem+json");
    }
  }

  @Test
  void bodiesThatComeByDropsHoldNobodyUpAndEnd() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 230; i++) {
        Socket socket = connect();
        boolean chunked = i % 2 == 0;
        String path = List.of("/v1/events", "/v1/traces", "/v1/budgets/authorize").get(i % 3);
        send(
            socket,
            "POST "
                + path
                + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer "
                + product.ingest().key()
                + "\r\n"
                + (chunked
                    ? "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"
                    : "Content-Length: 90000\r\n\r\n["));
        slow.add(socket);
      }
      long began = System.nanoTime();
      assertThat(product.ingest().report(Events.call(UUID.randomUUID().toString(), 1, 1)).status())
          .isEqualTo(202);
      assertThat(product.admin().get("/v1/analytics/overview?period=24h").status()).isEqualTo(200);
      ObjectNode question =
          Api.JSON
              .createObjectNode()
              .put("agent", "a")
              .put("model", "gpt-4o")
              .put("estimated_cost_usd", "0.01");
      assertThat(product.ingest().post("/v1/budgets/authorize", question).status()).isEqualTo(200);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
      for (Socket socket : slow) {
        assertThat(status(socket)).isEqualTo(408);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void halfHeadersKeepNobodyFromConnectingAndEnd() throws Exception {
    List<Socket> half = new ArrayList<>();
    try {
      for (int i = 0; i < 4 * MOST; i++) {
        Socket socket = connect();
        send(socket, i % 2 == 0 ? "POST /v1/events HTTP/1.1\r\nHost: x\r\nX-" : "P");
        half.add(socket);
        if (i % 100 == 0) {
          try (Socket good = connect()) {
            send(good, "GET /q/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(status(good)).isEqualTo(200);
          }
        }
      }
      for (Socket socket : half) {
        assertThat(ended(socket, 9_000)).isTrue();
      }
    } finally {
      for (Socket socket : half) {
        socket.close();
      }
    }
  }

  @Test
  void aConnectionThatRestsEnds() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "GET /q/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(status(socket)).isEqualTo(200);
      Thread.sleep(2_000);
      send(socket, "GET /q/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(status(socket)).isEqualTo(200);
      assertThat(ended(socket, 12_000)).isTrue();
    }
  }

  @Test
  void answersCarryHeadersThatKeepBrowsersFromUsingThemOtherwise() throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    for (String path :
        List.of("/v1/keys", "/v1/nowhere", "/api-docs/", "/openapi", "/", "/ui/app.js")) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(url.resolve(path))
                  .header("x-api-key", product.admin().key())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.headers().firstValue("X-Content-Type-Options"))
          .as(path)
          .contains("nosniff");
      assertThat(answer.headers().firstValue("X-Frame-Options")).as(path).contains("DENY");
      assertThat(answer.headers().allValues("Content-Security-Policy")).as(path).hasSize(1);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
          .as(path)
          .contains("default-src 'none'", "frame-ancestors 'none'");
      if (path.startsWith("/v1/")) {
        assertThat(answer.headers().firstValue("Cache-Control")).as(path).contains("no-store");
      }
    }
  }

  @Test
  void aBudgetOrRuleThatNamesAChannelThatIsNotThereIsRefused() throws Exception {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "b")
            .put("amount_usd", "5")
            .put("period", "daily")
            .put("type", "warning");
    budget.putArray("channels").add(UUID.randomUUID().toString());
    ObjectNode rule =
        Api.JSON
            .createObjectNode()
            .put("name", "r")
            .put("measure", "model_calls")
            .put("window", "1h")
            .put("operator", ">")
            .put("threshold", "1");
    rule.putArray("channels").add(UUID.randomUUID().toString());
    for (Api.Answer answer :
        List.of(
            product.admin().post("/v1/budgets", budget),
            product.admin().post("/v1/alerts/rules", rule))) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      assertThat(answer.json().path("field").asText()).isEqualTo("channels");
    }
    budget.remove("channels");
    rule.remove("channels");
    String madeBudget = product.admin().post("/v1/budgets", budget).json().path("id").asText();
    String madeRule = product.admin().post("/v1/alerts/rules", rule).json().path("id").asText();
    ObjectNode change = Api.JSON.createObjectNode();
    change.putArray("channels").add(UUID.randomUUID().toString());
    assertThat(product.admin().patch("/v1/budgets/" + madeBudget, change).status()).isEqualTo(400);
    assertThat(product.admin().patch("/v1/alerts/rules/" + madeRule, change).status())
        .isEqualTo(400);
  }

  private String metrics() throws IOException {
    return product.admin().get("/q/metrics").text();
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(url.getHost(), url.getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  /** Reads one answer with a length, and gives its status. */
  private static int status(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed after " + head);
      }
      head.write(next);
    }
    String text = head.toString(StandardCharsets.US_ASCII).toLowerCase(java.util.Locale.ROOT);
    int at = text.indexOf("content-length: ");
    if (at >= 0) {
      in.readNBytes(Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at))));
    }
    return Integer.parseInt(text.substring(9, 12));
  }

  private static boolean ended(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      // A refusal may come before the end.
      while (socket.getInputStream().read() >= 0) {}
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
