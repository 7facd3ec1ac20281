package dev.tokenledger.gateway;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /openapi}: one document for all services, as YAML or JSON, in the forms in which each
 * service has its own. Kept for a short time; while a service is away, its last known part is
 * shown, and a document that would miss a part is refused.
 */
@ApplicationScoped
class OpenApiDocument {
  private static final Logger LOG = Logger.getLogger(OpenApiDocument.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML =
      new ObjectMapper(
          new YAMLFactory()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES));

  private final ServiceClient services;
  private final long ageNanos;
  private volatile @Nullable Texts texts;

  OpenApiDocument(ServiceClient services, GatewayConfig config) {
    this.services = services;
    this.ageNanos = config.documentAge().toNanos();
  }

  /**
   * The document in both forms.
   *
   * @param parts what it was made of
   * @param nanos when, by {@link System#nanoTime}
   */
  private record Texts(Map<Service, JsonNode> parts, Buffer json, Buffer yaml, long nanos) {}

  void register(@Observes Router router) {
    for (String path : List.of("/openapi", "/openapi.json", "/openapi.yaml", "/openapi.yml")) {
      router.get(path).order(Routes.DOCUMENT).handler(this::show);
    }
  }

  private void show(RoutingContext context) {
    Texts known = texts;
    if (known != null && System.nanoTime() - known.nanos < ageNanos) {
      send(context, known);
      return;
    }
    fetch(known)
        .onSuccess(fetched -> send(context, fetched))
        .onFailure(
            failure ->
                GatewayProblem.SERVICE_UNAVAILABLE.end(
                    context.response(), String.valueOf(failure.getMessage())));
  }

  private Future<Texts> fetch(@Nullable Texts known) {
    Map<Service, JsonNode> parts = Collections.synchronizedMap(new EnumMap<>(Service.class));
    List<Future<?>> all = new ArrayList<>();
    for (Service service : Service.values()) {
      all.add(
          services
              .probe(service, "/openapi?format=json", "application/json", OpenApiDocument::read)
              .recover(failure -> lastKnown(service, known, failure))
              .onSuccess(part -> parts.put(service, part)));
    }
    return Future.all(all)
        .map(
            done -> {
              Texts fetched = write(parts);
              texts = fetched;
              return fetched;
            });
  }

  private static Future<JsonNode> read(HttpClientResponse answer) {
    return answer
        .body()
        .map(
            body -> {
              if (answer.statusCode() != 200) {
                throw new IllegalStateException("answered " + answer.statusCode());
              }
              try {
                return JSON.readTree(body.getBytes());
              } catch (IOException e) {
                throw new IllegalStateException("its document is not JSON", e);
              }
            });
  }

  private static Future<JsonNode> lastKnown(
      Service service, @Nullable Texts known, Throwable failure) {
    LOG.debugf(failure, "the API document of %s", service.label());
    return known == null
        ? Future.failedFuture(
            "The "
                + service.label()
                + " service has not told its part of the document yet: "
                + failure.getMessage())
        : Future.succeededFuture(known.parts.get(service));
  }

  private static Texts write(Map<Service, JsonNode> parts) {
    JsonNode merged = OpenApiMerge.merge(parts);
    try {
      return new Texts(
          parts,
          Buffer.buffer(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(merged)),
          Buffer.buffer(YAML.writeValueAsBytes(merged)),
          System.nanoTime());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the merged document cannot be written", e);
    }
  }

  private static void send(RoutingContext context, Texts texts) {
    boolean json = wantsJson(context);
    context
        .response()
        .putHeader(
            HttpHeaders.CONTENT_TYPE,
            json ? "application/json;charset=UTF-8" : "application/yaml;charset=UTF-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .end(json ? texts.json : texts.yaml);
  }

  private static boolean wantsJson(RoutingContext context) {
    String path = context.normalizedPath();
    if (!path.equals("/openapi")) {
      return path.endsWith(".json");
    }
    String format = context.request().getParam("format");
    String accept = context.request().getHeader(HttpHeaders.ACCEPT);
    return format != null
        ? format.equalsIgnoreCase("json")
        : accept != null && accept.contains("application/json");
  }
}
