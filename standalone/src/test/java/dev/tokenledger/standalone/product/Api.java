package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A caller of the HTTP API with one key. Thread-safe. */
final class Api {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  private final URI url;
  private final String key;

  Api(URI url, String key) {
    this.url = url;
    this.key = key;
  }

  String key() {
    return key;
  }

  /** An answer, with its body as text and, where it is JSON, as JSON. */
  record Answer(int status, String type, Optional<String> retryAfter, String text) {
    JsonNode json() {
      try {
        return JSON.readTree(text);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + text, e);
      }
    }

    /** The stable code of a problem. */
    String code() {
      return json().path("code").asText();
    }

    String detail() {
      return json().path("detail").asText();
    }

    int accepted() {
      return json().path("accepted").asInt(-1);
    }

    /** The stable codes of the rejected events, in their order. */
    List<String> rejectedCodes() {
      return json().path("rejected").findValuesAsText("code");
    }
  }

  boolean isReady() {
    try {
      return get("/q/health/ready").status() == 200;
    } catch (IOException e) {
      // Nobody listens yet.
      return false;
    }
  }

  Answer get(String path) throws IOException {
    return send(request(path).GET());
  }

  Answer delete(String path) throws IOException {
    return send(request(path).DELETE());
  }

  Answer post(String path, JsonNode body) throws IOException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  Answer patch(String path, JsonNode body) throws IOException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method("PATCH", BodyPublishers.ofString(body.toString())));
  }

  Answer put(String path, JsonNode body) throws IOException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body.toString())));
  }

  /** Reports events as a JSON array. */
  Answer report(List<ObjectNode> events) throws IOException {
    ArrayNode array = JSON.createArrayNode();
    events.forEach(array::add);
    return post("/v1/events", array);
  }

  Answer report(ObjectNode... events) throws IOException {
    return report(List.of(events));
  }

  /** Reports a body as it is, with a Content-Length. */
  Answer report(byte[] body, String... headers) throws IOException {
    return send("/v1/events", BodyPublishers.ofByteArray(body), headers);
  }

  Answer report(String body, String... headers) throws IOException {
    return report(body.getBytes(StandardCharsets.UTF_8), headers);
  }

  /** Reports a body in chunks, without saying how long it is. */
  Answer reportChunked(byte[] body, String... headers) throws IOException {
    return send(
        "/v1/events", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)), headers);
  }

  Answer send(String path, BodyPublisher body, String... headers) throws IOException {
    HttpRequest.Builder request = request(path).POST(body);
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  Answer send(String path, String method, BodyPublisher body, String... headers)
      throws IOException {
    return send(request(path).method(method, body).headers(headers));
  }

  Answer method(String method, String path) throws IOException {
    return send(request(path).method(method, BodyPublishers.noBody()));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path)).timeout(TIMEOUT);
    return key.isEmpty() ? request : request.header("Authorization", "Bearer " + key);
  }

  private static Answer send(HttpRequest.Builder request) throws IOException {
    try {
      HttpResponse<String> answer =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(
          answer.statusCode(),
          answer.headers().firstValue("Content-Type").orElse(""),
          answer.headers().firstValue("Retry-After"),
          answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
