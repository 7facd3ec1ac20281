package dev.tokenledger.reporting.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;

/**
 * Sends the web pages. The files are static resources of this module; every page is the same
 * document, which finds out by its address what it has to show.
 */
@ApplicationScoped
public class WebPages {
  private static final String DOCUMENT = "/";

  /** The paths of the pages, as {@code ui/pages/pages.js} has them. */
  private static final Set<String> PAGES = Set.of(DOCUMENT);

  /** Before authentication and routes, whose priorities are lower. */
  private static final int PRIORITY = 500;

  static boolean isPage(String path) {
    return PAGES.contains(path);
  }

  void register(@Observes Filters filters) {
    filters.register(WebPages::handle, PRIORITY);
  }

  private static void handle(RoutingContext context) {
    String path = context.normalizedPath();
    PageHeaders.of(path).forEach(context.response().headers()::set);
    if (isPage(path)
        && !path.equals(DOCUMENT)
        && context.request().method().equals(HttpMethod.GET)) {
      context.reroute(DOCUMENT);
    } else {
      context.next();
    }
  }
}
