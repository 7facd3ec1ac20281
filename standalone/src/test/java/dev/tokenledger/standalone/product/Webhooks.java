package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A receiver of webhooks. It takes them all, after it has answered as a test wants it to. */
final class Webhooks implements AutoCloseable {
  private final List<Request> requests = new ArrayList<>();
  private final Deque<Refusal> refusals;
  private final HttpServer server;
  private final CountDownLatch open;

  /** A request as it came. */
  record Request(String path, HttpHeaders headers, String body) {
    String id() {
      return headers.firstValue("webhook-id").orElseThrow();
    }

    String timestamp() {
      return headers.firstValue("webhook-timestamp").orElseThrow();
    }

    String signature() {
      return headers.firstValue("webhook-signature").orElseThrow();
    }

    JsonNode json() {
      try {
        return Api.JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }
  }

  /**
   * An answer to one request.
   *
   * @param retryAfter the header, or empty for none
   */
  record Refusal(int status, String retryAfter) {}

  /**
   * @param refusals answers to the first requests, in order
   */
  Webhooks(Refusal... refusals) throws IOException {
    this(new CountDownLatch(0), refusals);
  }

  /**
   * @param open nothing is answered before it is
   */
  Webhooks(CountDownLatch open, Refusal... refusals) throws IOException {
    this.open = open;
    this.refusals = new ArrayDeque<>(List.of(refusals));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::receive);
    server.start();
  }

  private void receive(HttpExchange exchange) throws IOException {
    try {
      open.await();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    answer(exchange);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    requests.add(
        new Request(
            exchange.getRequestURI().toString(),
            HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    Refusal refusal = refusals.poll();
    if (refusal != null && !refusal.retryAfter.isEmpty()) {
      exchange.getResponseHeaders().add("Retry-After", refusal.retryAfter);
    }
    exchange.sendResponseHeaders(refusal == null ? 204 : refusal.status, -1);
    exchange.close();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  synchronized List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The bodies by {@code webhook-id}. */
  synchronized Map<String, JsonNode> received() throws IOException {
    Map<String, JsonNode> received = new LinkedHashMap<>();
    for (Request request : requests) {
      received.put(request.id(), Api.JSON.readTree(request.body));
    }
    return received;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
