package dev.tokenledger.reporting.web;

import java.util.Map;

/** The headers that every file of the web pages is sent with. */
final class PageHeaders {
  /**
   * Only what this server sends runs, is shown, or is asked: a name of an agent that were taken for
   * markup could still load and run nothing.
   */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy", CONTENT_SECURITY_POLICY,
          "X-Content-Type-Options", "nosniff",
          "Referrer-Policy", "no-referrer",
          // Modules have no version in their names: a browser must ask whether they changed.
          "Cache-Control", "no-cache");

  private PageHeaders() {}

  /** The headers for a path, none when it belongs to the API or to other pages. */
  static Map<String, String> of(String path) {
    return path.startsWith("/ui/") || path.startsWith("/help/") || WebPages.isPage(path)
        ? HEADERS
        : Map.of();
  }
}
