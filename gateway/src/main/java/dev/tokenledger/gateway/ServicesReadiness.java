package dev.tokenledger.gateway;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientResponse;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** The gateway is ready when all services are; otherwise it says which are not. */
@Readiness
@ApplicationScoped
class ServicesReadiness implements AsyncHealthCheck {
  private static final String READY = "ready";

  private final ServiceClient services;

  ServicesReadiness(ServiceClient services) {
    this.services = services;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    List<Future<String>> states = new ArrayList<>();
    for (Service service : Service.values()) {
      states.add(state(service));
    }
    return Uni.createFrom()
        .completionStage(() -> Future.all(states).toCompletionStage())
        .map(all -> response(all.list()));
  }

  private Future<String> state(Service service) {
    return services
        .probe(
            service,
            "/q/health/ready",
            "application/json",
            answer -> answer.end().map(ended -> state(answer)))
        .otherwise(failure -> "cannot be reached");
  }

  private static String state(HttpClientResponse answer) {
    return answer.statusCode() == 200 ? READY : "not ready (" + answer.statusCode() + ")";
  }

  private static HealthCheckResponse response(List<String> states) {
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("services").status(states.stream().allMatch(READY::equals));
    for (Service service : Service.values()) {
      response.withData(service.label(), states.get(service.ordinal()));
    }
    return response.build();
  }
}
