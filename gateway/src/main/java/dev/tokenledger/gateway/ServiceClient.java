package dev.tokenledger.gateway;

import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.time.Duration;
import java.util.function.Function;

/** The connections to the services: a bounded pool and a bounded queue for each. */
@ApplicationScoped
class ServiceClient {
  /** Below the time after which the services close connections that rest (75 s). */
  private static final int KEEP_ALIVE_SECONDS = 60;

  private final GatewayConfig config;
  private final Vertx vertx;
  private final HttpClient client;

  ServiceClient(GatewayConfig config, Vertx vertx) {
    this.config = config;
    this.vertx = vertx;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setConnectTimeout((int) config.connectTimeout().toMillis())
                // Bodies pass as they are.
                .setDecompressionSupported(false),
            new PoolOptions()
                .setHttp1MaxSize(config.maxConnections())
                .setMaxWaitQueueSize(config.maxWaiting()));
  }

  HttpClient http() {
    return client;
  }

  /** A request to the service that can still be given method, path and body. */
  Future<HttpClientRequest> request(Service service) {
    return client.request(options(service, config.idleTimeout()));
  }

  /**
   * Asks the service itself for something short.
   *
   * @param read takes the answer; called on its event loop before any of its body has come, which a
   *     handler of the returned future would not be
   */
  <T> Future<T> probe(
      Service service, String uri, String accept, Function<HttpClientResponse, Future<T>> read) {
    RequestOptions options =
        options(service, config.probeTimeout())
            .setMethod(HttpMethod.GET)
            .setURI(uri)
            .putHeader("Accept", accept);
    Promise<T> result = Promise.promise();
    vertx.runOnContext(
        run ->
            client
                .request(options)
                .compose(request -> request.send().compose(read))
                .onComplete(result));
    return result.future();
  }

  private RequestOptions options(Service service, Duration idle) {
    URI address = config.address(service);
    boolean tls = "https".equals(address.getScheme());
    int port = address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80;
    return new RequestOptions()
        .setHost(address.getHost())
        .setPort(port)
        .setSsl(tls)
        .setConnectTimeout(config.connectTimeout().toMillis())
        .setIdleTimeout(idle.toMillis());
  }

  void stop(@Observes ShutdownEvent event) {
    client.close();
  }
}
