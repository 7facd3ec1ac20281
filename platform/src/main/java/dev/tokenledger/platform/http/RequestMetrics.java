package dev.tokenledger.platform.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ResourceInfo;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * How long requests take, by the template of their endpoint: {@code http.server.requests}. The
 * framework's own binder keeps a series for each method that a caller invents, and its path where
 * none was matched; here every tag has a few values, whatever is sent.
 */
@ApplicationScoped
public class RequestMetrics {
  private static final String ROUTE = "tokenledger.route";

  /** Files, pages, what is refused before it reaches an endpoint, and what there is not. */
  private static final String NO_ROUTE = "other";

  /** After what is refused for its method, before everything else. */
  private static final int PRIORITY = 9_000;

  private record Series(String method, String route, int status) {}

  private final MeterRegistry metrics;
  private final Map<Series, Timer> timers = new ConcurrentHashMap<>();
  private final Map<Method, String> routes = new ConcurrentHashMap<>();

  public RequestMetrics(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  void register(@Observes Filters filters) {
    filters.register(this::measure, PRIORITY);
  }

  private void measure(RoutingContext context) {
    long began = System.nanoTime();
    context.addEndHandler(
        ended -> {
          @Nullable String route = context.get(ROUTE);
          Series series =
              new Series(
                  context.request().method().name(),
                  route == null ? NO_ROUTE : route,
                  ended.succeeded() ? context.response().getStatusCode() : 0);
          timers
              .computeIfAbsent(series, this::timer)
              .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
        });
    context.next();
  }

  private Timer timer(Series series) {
    return Timer.builder("http.server.requests")
        .description("Time until the answer was given, by the template of the endpoint")
        .tags(
            "method",
            series.method,
            "uri",
            series.route,
            // Zero: the caller left before.
            "status",
            series.status == 0 ? "RESET" : Integer.toString(series.status),
            "outcome",
            outcome(series.status))
        .register(metrics);
  }

  private static String outcome(int status) {
    return switch (status / 100) {
      case 1, 2, 3 -> "SUCCESS";
      case 5 -> "SERVER_ERROR";
      default -> "CLIENT_ERROR";
    };
  }

  @ServerRequestFilter(nonBlocking = true)
  public void route(ResourceInfo resource, RoutingContext context) {
    Method method = resource.getResourceMethod();
    if (method != null) {
      context.put(ROUTE, routes.computeIfAbsent(method, RequestMetrics::template));
    }
  }

  private static String template(Method method) {
    return path(method.getDeclaringClass().getAnnotation(Path.class))
        + path(method.getAnnotation(Path.class));
  }

  private static String path(@Nullable Path path) {
    if (path == null) {
      return "";
    }
    // A name alone, without the expression that it must match.
    String value = path.value().replaceAll("\\{\\s*(\\w+)\\s*:[^{}]*\\}", "{$1}");
    return value.startsWith("/") ? value : "/" + value;
  }
}
