package dev.tokenledger.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What each request passes before anything else looks at it, and the watch over those that are
 * slow. Bodies are read here, on the event loop, after the caller is known and before a worker is
 * taken: a slow sender holds a connection for a while and nothing else.
 */
@ApplicationScoped
public class Edge {
  /** Before everything, pages and authentication included. */
  private static final int FIRST = 10_000;

  /** After authentication (200) and authorization by path (100), before all endpoints. */
  private static final int BODIES = 50;

  /** Where a request keeps the context that it began in, which is one of the event loop. */
  private static final String LOOP = "tokenledger.edge.loop";

  /** Local to the context of a request of HTTP/2 that has been wrapped. */
  private static final String WRAPPED = "tokenledger.edge.wrapped";

  private static final long SWEEP_MILLIS = 1_000;

  /** How long the rest of a body that nobody reads is waited for before its connection ends. */
  private static final long LINGER_MILLIS = 2_000;

  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.PATCH,
          HttpMethod.DELETE,
          HttpMethod.OPTIONS);

  /** Which of them carry a body that is read. */
  private static final Set<HttpMethod> WITH_BODY =
      Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

  private final EdgeConfig config;
  private final BodyMemory memory;
  private final Vertx vertx;
  private final Connections connections = Connections.OF_PROCESS;
  private final Set<Collecting> bodies = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Router router;

  public Edge(EdgeConfig config, BodyMemory memory, Vertx vertx, MeterRegistry metrics) {
    this.config = config;
    this.memory = memory;
    this.vertx = vertx;
    metrics.gauge("tokenledger.http.connections", connections, Connections::size);
    metrics.gauge("tokenledger.http.bodies", bodies, Set::size);
  }

  void start(@Observes StartupEvent event) {
    connections.limit(config.maxConnections(), config.headerTimeout(), config.keepAlive());
    vertx.setPeriodic(SWEEP_MILLIS, timer -> sweep());
  }

  void register(@Observes Filters filters) {
    filters.register(this::first, FIRST);
    filters.register(this::body, BODIES);
  }

  private void sweep() {
    connections.sweep();
    for (Collecting body : bodies) {
      body.recheck();
    }
  }

  void register(@Observes Router router) {
    this.router = router;
  }

  private void first(RoutingContext context) {
    HttpServerRequest request = context.request();
    Context loop = Vertx.currentContext();
    Router again = router;
    if (again != null
        && request.version() == HttpVersion.HTTP_2
        && loop != null
        && loop.getLocal(WRAPPED) == null) {
      // Once more from the beginning, with a request that can be read before its endpoint is found.
      loop.putLocal(WRAPPED, true);
      again.handle(new ReadRequest(request));
      return;
    }
    if (loop != null) {
      context.put(LOOP, loop);
    }
    Connection connection = Connections.of(request);
    if (connection != null) {
      connection.begin();
      context.addEndHandler(ended -> connection.end(System.nanoTime()));
    }
    if (hasBody(request)) {
      context.addEndHandler(ended -> drain(request));
    }
    if (METHODS.contains(request.method())) {
      context.next();
    } else {
      EdgeProblem.METHOD_NOT_ALLOWED.end(context.response());
    }
  }

  private void body(RoutingContext context) {
    Context loop = context.get(LOOP);
    if (loop != null && !Context.isOnEventLoopThread()) {
      // Who was authenticated by a worker, as while no key is known yet. From there, the end of a
      // body could come before its handler is set.
      loop.runOnContext(now -> body(context));
      return;
    }
    HttpServerRequest request = context.request();
    if (!WITH_BODY.contains(request.method()) || !hasBody(request) || !memory.wants(context)) {
      context.next();
      return;
    }
    long limit = memory.limit(context);
    Long length = length(request);
    if (length != null && length > limit) {
      new CollectedBody(new java.util.ArrayDeque<>(), BodyFailure.TOO_LARGE, limit)
          .putInto(context);
      context.next();
      return;
    }
    new Collecting(context, config, limit, memory.share(context), bodies).begin();
  }

  /** Without HTTP/2, a request says by its headers whether more comes. */
  private static boolean hasBody(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      return !request.isEnded();
    }
    Long length = length(request);
    return length == null ? request.headers().contains(HttpHeaders.TRANSFER_ENCODING) : length > 0;
  }

  /** Null when there is none that can be read; HTTP/1.1 has refused others already. */
  private static @Nullable Long length(HttpServerRequest request) {
    String text = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Drops what was sent and is not read, so that the sender sees its answer, but not for long. */
  private void drain(HttpServerRequest request) {
    if (request.isEnded() || request.version() == HttpVersion.HTTP_2) {
      return;
    }
    request.exceptionHandler(lost -> {});
    request.handler(dropped -> {});
    request.resume();
    vertx.setTimer(
        LINGER_MILLIS,
        timer -> {
          if (!request.isEnded()) {
            request.connection().close();
          }
        });
  }
}
