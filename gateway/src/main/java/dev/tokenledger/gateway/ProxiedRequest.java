package dev.tokenledger.gateway;

import dev.tokenledger.edge.CollectedBody;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.httpproxy.Body;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyOptions;
import io.vertx.httpproxy.ProxyResponse;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to a service and the answer on its way back, which is streamed. A service
 * that is away is answered for with a problem that says whether the request may have been carried
 * out; nothing is ever sent twice. A service that ends within its answer breaks the caller's
 * connection, so that half an answer is not taken for a whole one.
 */
final class ProxiedRequest implements ProxyInterceptor {
  private static final ProxyOptions PLAIN_HTTP = new ProxyOptions().setSupportWebSocket(false);

  private final RoutingContext context;
  private final Service service;
  private final ServiceClient services;
  private final Forwarded forwarded;
  private final Outages outages;
  private final @Nullable CollectedBody body;
  private boolean connected;

  ProxiedRequest(
      RoutingContext context,
      Service service,
      ServiceClient services,
      Forwarded forwarded,
      Outages outages,
      @Nullable CollectedBody body) {
    this.body = body;
    this.context = context;
    this.service = service;
    this.services = services;
    this.forwarded = forwarded;
    this.outages = outages;
  }

  void begin() {
    HttpProxy.reverseProxy(PLAIN_HTTP, services.http())
        .origin(proxied -> connect())
        .addInterceptor(this)
        .handle(context.request());
  }

  private Future<HttpClientRequest> connect() {
    return services.request(service).onSuccess(request -> connected = true);
  }

  @Override
  public Future<ProxyResponse> handleProxyRequest(ProxyContext passing) {
    HttpServerRequest request = context.request();
    // What was matched is what is sent: no detour over ".." past the route table.
    String query = request.query();
    passing.request().setURI(context.normalizedPath() + (query == null ? "" : "?" + query));
    MultiMap headers = passing.request().headers();
    HopByHop.remove(headers);
    // The gateway has asked for the body itself.
    headers.remove(HttpHeaders.EXPECT);
    forwarded.set(request, headers);
    if (body != null) {
      passing.request().setBody(Body.body(body.buffer()));
    }
    return passing
        .sendRequest()
        .recover(failure -> Future.succeededFuture(problem(passing, failure)));
  }

  @Override
  public Future<Void> handleProxyResponse(ProxyContext passing) {
    HopByHop.remove(passing.response().headers());
    return passing.sendResponse();
  }

  private ProxyResponse problem(ProxyContext passing, Throwable failure) {
    GatewayProblem problem = kind(failure);
    outages.met(service, problem, failure);
    return passing
        .request()
        .release()
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, GatewayProblem.MEDIA_TYPE)
        .putHeader(HttpHeaders.RETRY_AFTER, GatewayProblem.RETRY_AFTER)
        .setBody(Body.body(problem.body(detail(problem))));
  }

  private GatewayProblem kind(Throwable failure) {
    if (failure instanceof ConnectionPoolTooBusyException) {
      return GatewayProblem.QUEUE_FULL;
    }
    if (!connected) {
      return GatewayProblem.SERVICE_UNAVAILABLE;
    }
    return failure instanceof TimeoutException
        ? GatewayProblem.SERVICE_TIMEOUT
        : GatewayProblem.SERVICE_INTERRUPTED;
  }

  private String detail(GatewayProblem problem) {
    String repeat =
        " Events can be sent again with the same ids; look before you repeat anything else.";
    String rest =
        switch (problem) {
          case SERVICE_INTERRUPTED -> "ended before it answered." + repeat;
          case SERVICE_TIMEOUT -> "has not answered in time." + repeat;
          case QUEUE_FULL -> "has more requests than it can take. Send again later.";
          case SERVICE_UNAVAILABLE, NOT_FOUND, BUSY, BODY_TOO_LARGE, BODY_TIMEOUT ->
              "cannot be reached. Nothing was carried out; send again.";
        };
    return "The " + service.label() + " service " + rest;
  }
}
