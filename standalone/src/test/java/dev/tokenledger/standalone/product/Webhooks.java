package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A receiver of webhooks that keeps one request of each {@code webhook-id}. */
final class Webhooks implements AutoCloseable {
  private final Map<String, JsonNode> received = new ConcurrentHashMap<>();
  private final HttpServer server;

  Webhooks() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          received.put(
              exchange.getRequestHeaders().getFirst("webhook-id"),
              Api.JSON.readTree(exchange.getRequestBody().readAllBytes()));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  Map<String, JsonNode> received() {
    return Map.copyOf(received);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
