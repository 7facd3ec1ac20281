package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.tokenledger.testsupport.NeededProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The documented example, in front of an upstream that says what reached it. */
@ExtendWith(Product.class)
class NginxIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");

  private final TokenLedgerProcess product;
  private final String agent = "agent-" + UUID.randomUUID();
  private final List<String> passed = new CopyOnWriteArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer upstream;
  private Process nginx;
  private Path work;
  private int port;

  NginxIT(TokenLedgerProcess product) {
    this.product = product;
  }

  @BeforeEach
  void start() throws Exception {
    Path program = NeededProgram.at(PROGRAM, "nginx");
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/v1/chat/completions",
        exchange -> {
          passed.add(
              String.valueOf(
                  exchange.getRequestHeaders().getFirst("x-tokenledger-reservation-id")));
          byte[] body = "{\"object\":\"chat.completion\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    upstream.start();
    port = JavaApplication.freePort();
    work = Path.of(JavaApplication.property("tokenledger.work")).resolve("nginx");
    JavaApplication.delete(work);
    Files.createDirectories(work);
    String example =
        Files.readString(
                Path.of(JavaApplication.property("tokenledger.home"))
                    .resolve("docs/examples/nginx/budget.conf"))
            .replace("127.0.0.1:11434", "127.0.0.1:" + upstream.getAddress().getPort())
            .replace("127.0.0.1:8080", "127.0.0.1:" + product.url().getPort())
            .replace("listen 8090", "listen 127.0.0.1:" + port)
            .replace("REPLACE_WITH_A_KEY", product.ingest().key());
    Files.writeString(
        work.resolve("nginx.conf"),
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log warn;\n"
            + "events {}\nhttp {\naccess_log off;\n"
            + "client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\n"
            + "uwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n"
            + example
            + "}\n");
    nginx =
        new ProcessBuilder(
                program.toString(), "-p", work.toString(), "-c", "nginx.conf", "-e", "error.log")
            .redirectErrorStream(true)
            .redirectOutput(work.resolve("output.log").toFile())
            .start();
    Eventually.holds(
        "nginx listens; its output is in " + work,
        PATIENCE,
        () -> {
          assertThat(nginx.isAlive()).as("nginx runs; its output is in %s", work).isTrue();
          try {
            return get("/elsewhere").statusCode() == 404;
          } catch (IOException e) {
            // Not yet.
            return false;
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    if (nginx != null) {
      nginx.destroy();
      assertThat(nginx.waitFor(10, TimeUnit.SECONDS)).isTrue();
      JavaApplication.delete(work);
    }
    if (upstream != null) {
      upstream.stop(0);
    }
  }

  @Test
  void nginxPassesWhatTheBudgetAllowsAndRefusesTheRest() throws Exception {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "behind nginx")
            .put("amount_usd", "0.05")
            .put("period", "rolling")
            .put("rolling_days", 2)
            .put("type", "hard_stop");
    budget.putObject("scope").put("agent", agent);
    Api.Answer created = product.admin().post("/v1/budgets", budget);
    assertThat(created.status()).as(created.text()).isEqualTo(201);

    // 8,000 tokens of input at 2,500 nano-dollars each: two cents a call.
    HttpResponse<String> first = complete();
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    assertThat(complete().statusCode()).isEqualTo(200);
    HttpResponse<String> refused = complete();
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(Api.JSON.readTree(refused.body()).at("/error/code").asText())
        .isEqualTo("budget_exceeded");
    assertThat(passed).hasSize(2);

    String reservation = first.headers().firstValue("x-tokenledger-reservation-id").orElseThrow();
    assertThat(passed.get(0)).isEqualTo(reservation);
    ObjectNode call =
        Events.call(
                UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 400, 0)
            .put("agent", agent)
            .put("reservation_id", reservation);
    assertThat(product.ingest().report(call).accepted()).isEqualTo(1);
    Eventually.holds(
        "the call used less than was held, and another passes",
        PATIENCE,
        () -> complete().statusCode() == 200);
  }

  private HttpResponse<String> complete() throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .header("x-agent", agent)
            .header("x-model", "gpt-4o")
            .header("x-max-input-tokens", "8000")
            .POST(BodyPublishers.ofString("{\"model\":\"gpt-4o\"}"))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
