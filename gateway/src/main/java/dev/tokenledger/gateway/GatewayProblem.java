package dev.tokenledger.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * The errors that the gateway itself answers with, RFC 9457, in the form in which the services
 * answer. The code is part of the public API: constants are added, never renamed.
 */
enum GatewayProblem {
  /** The request did not reach the service; nothing was carried out. */
  SERVICE_UNAVAILABLE(503, "A service cannot be reached"),
  /** The service ended before it answered; the request may or may not have been carried out. */
  SERVICE_INTERRUPTED(503, "A service ended during the request"),
  /** The service is there and silent; the request may or may not have been carried out. */
  SERVICE_TIMEOUT(504, "A service does not answer in time"),
  /** More requests wait for the service than are let in; nothing was carried out. */
  QUEUE_FULL(503, "The queue is full"),
  /** The bodies of other requests have the memory; nothing was carried out. */
  BUSY(503, "Too much is being worked on"),
  BODY_TOO_LARGE(413, "The body is too large"),
  BODY_TIMEOUT(408, "The body did not come in time"),
  NOT_FOUND(404, "Not found");

  static final String MEDIA_TYPE = "application/problem+json";

  /** Seconds; the time in which a service that has ended is started again. */
  static final String RETRY_AFTER = "2";

  private final int status;
  private final String title;

  GatewayProblem(int status, String title) {
    this.status = status;
    this.title = title;
  }

  int status() {
    return status;
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Ends a request that no service has seen. */
  void end(HttpServerResponse response, String detail) {
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("X-Content-Type-Options", "nosniff");
    if (status >= 500) {
      response.putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER);
    }
    response.end(body(detail));
  }

  /** The answer's body. */
  Buffer body(String detail) {
    return new JsonObject()
        .put("type", "/problems/" + label())
        .put("title", title)
        .put("status", status)
        .put("detail", detail)
        .put("code", label())
        .toBuffer();
  }
}
