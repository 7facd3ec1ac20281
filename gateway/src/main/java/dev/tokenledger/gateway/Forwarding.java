package dev.tokenledger.gateway;

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
    new Passage(context, service, services, forwarded, outages).begin();
  }

  private static void nothing(RoutingContext context) {
    GatewayProblem.NOT_FOUND.end(
        context.response(), "There is nothing at this address. /openapi lists what there is.");
  }
}
