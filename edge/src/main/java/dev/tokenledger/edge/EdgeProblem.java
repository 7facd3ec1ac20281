package dev.tokenledger.edge;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** What is answered before any service has seen the request; RFC 9457, as services answer. */
enum EdgeProblem {
  METHOD_NOT_ALLOWED(
      405,
      """
      {"type":"/problems/method_not_allowed","title":"The method is not allowed here","status":405,\
      "detail":"This is no method of HTTP that is used here. /openapi lists what there is.",\
      "code":"method_not_allowed"}""");

  private final int status;
  private final String body;

  EdgeProblem(int status, String body) {
    this.status = status;
    this.body = body;
  }

  void end(HttpServerResponse response) {
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(body);
  }
}
