package dev.tokenledger.gateway;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which service answers which path. A prefix stands for itself and for everything below it, and the
 * longest one counts. What none of them covers belongs to the web pages, which answer what they do
 * not know with a problem; {@code /q}, where every process has its own health and metrics, is never
 * passed on.
 */
final class RouteTable {
  private static final Map<Service, List<String>> PREFIXES =
      Map.of(
          Service.INGEST,
          List.of(
              "/v1/events",
              "/v1/traces",
              "/v1/metrics",
              "/v1/logs",
              "/v1/client",
              "/v1/litellm",
              "/v1/imports",
              "/api/public",
              "/v1/keys",
              "/v1/projects",
              "/v1/prices",
              "/v1/privacy"),
          Service.AGGREGATION,
          List.of("/v1/ledger", "/v1/retention"),
          Service.ALERTING,
          List.of("/v1/budgets", "/v1/alerts"),
          Service.REPORTING,
          List.of("/"));

  private static final String OWN = "/q";

  private RouteTable() {}

  /**
   * @param path a path without {@code .}, {@code ..} and repeated slashes
   * @return nothing for the paths that every process keeps for itself
   */
  static Optional<Service> serviceOf(String path) {
    if (covers(OWN, path)) {
      return Optional.empty();
    }
    Service service = Service.REPORTING;
    int longest = 0;
    for (Map.Entry<Service, List<String>> entry : PREFIXES.entrySet()) {
      for (String prefix : entry.getValue()) {
        if (prefix.length() > longest && covers(prefix, path)) {
          service = entry.getKey();
          longest = prefix.length();
        }
      }
    }
    return Optional.of(service);
  }

  private static boolean covers(String prefix, String path) {
    return path.startsWith(prefix)
        && (prefix.endsWith("/")
            || path.length() == prefix.length()
            || path.charAt(prefix.length()) == '/');
  }
}
