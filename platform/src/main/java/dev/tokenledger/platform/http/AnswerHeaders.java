package dev.tokenledger.platform.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Headers that keep browsers from doing with an answer what it is not meant for. Pages have
 * stricter ones of their own, which they set afterwards.
 */
@ApplicationScoped
public class AnswerHeaders {
  /** After measuring, before pages and authentication: refusals carry them as well. */
  private static final int PRIORITY = 8_000;

  private static final String API = "/v1/";
  private static final String API_PAGE = "/api-docs";

  /** Data, never a document. */
  private static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";

  /**
   * The page of the API is made of files of its own and of a script and styles within itself, and
   * calls this server alone.
   */
  private static final String OF_API_PAGE =
      "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none';"
          + " form-action 'self'; frame-ancestors 'none'";

  void register(@Observes Filters filters) {
    filters.register(AnswerHeaders::add, PRIORITY);
  }

  private static void add(RoutingContext context) {
    MultiMap headers = context.response().headers();
    String path = context.normalizedPath();
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Content-Security-Policy", path.startsWith(API_PAGE) ? OF_API_PAGE : NOTHING);
    if (path.startsWith(API)) {
      // Figures of one tenant, and keys that are shown once.
      headers.set("Cache-Control", "no-store");
    }
    context.next();
  }
}
