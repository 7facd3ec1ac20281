package dev.tokenledger.gateway;

import dev.tokenledger.edge.BodyFailure;
import dev.tokenledger.edge.CollectedBody;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Passes every request on to the service of its path. */
@ApplicationScoped
class Forwarding {
  private final ServiceClient services;
  private final MeterRegistry metrics;
  private final Forwarded forwarded;
  private final Outages outages = new Outages();

  Forwarding(ServiceClient services, GatewayConfig config, MeterRegistry metrics) {
    this.services = services;
    this.metrics = metrics;
    this.forwarded = new Forwarded(config.trustForwarded());
  }

  void register(@Observes Router router) {
    router.route().order(Routes.FORWARDING).handler(this::forward);
    router.route().order(Routes.NOTHING).handler(Forwarding::nothing);
  }

  private void forward(RoutingContext context) {
    RouteTable.serviceOf(context.normalizedPath())
        .ifPresentOrElse(service -> forward(context, service), context::next);
  }

  private void forward(RoutingContext context, Service service) {
    Timer.Sample sample = Timer.start(metrics);
    context.addEndHandler(
        ended ->
            sample.stop(
                metrics.timer(
                    "tokenledger.gateway.requests",
                    "service",
                    service.label(),
                    "status",
                    ended.succeeded()
                        ? context.response().getStatusCode() / 100 + "xx"
                        : "aborted")));
    CollectedBody body = CollectedBody.of(context);
    if (body != null && body.failure() != null) {
      refuse(context, body.failure(), body.limit());
      return;
    }
    new ProxiedRequest(context, service, services, forwarded, outages, body).begin();
  }

  private static void refuse(RoutingContext context, BodyFailure failure, long limit) {
    switch (failure) {
      case TOO_LARGE ->
          GatewayProblem.BODY_TOO_LARGE.end(
              context.response(),
              "A request body may have " + limit + " bytes at most. Send less in one request.");
      case TOO_SLOW ->
          GatewayProblem.BODY_TIMEOUT.end(
              context.response(),
              "The body came too slowly, and was not waited for. Nothing of it was passed on.");
      case NO_MEMORY ->
          GatewayProblem.BUSY.end(
              context.response(),
              "The memory for requests is in use by others. Nothing of this request was taken; send"
                  + " it again in a moment, or in smaller parts.");
    }
  }

  private static void nothing(RoutingContext context) {
    GatewayProblem.NOT_FOUND.end(
        context.response(), "There is nothing at this address. /openapi lists what there is.");
  }
}
