package dev.tokenledger.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;

/**
 * Tells services whom the request comes from: {@code X-Forwarded-For}, {@code -Proto}, {@code
 * -Host}.
 */
final class Forwarded {
  private static final String FOR = "X-Forwarded-For";
  private static final String PROTO = "X-Forwarded-Proto";
  private static final String HOST = "X-Forwarded-Host";

  private final boolean trusted;

  /**
   * @param trusted whether what the request says already is believed
   */
  Forwarded(boolean trusted) {
    this.trusted = trusted;
  }

  void set(HttpServerRequest request, MultiMap headers) {
    if (!trusted) {
      headers.remove(FOR).remove(PROTO).remove(HOST).remove("X-Forwarded-Port").remove("Forwarded");
    }
    String caller = request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress();
    String before = headers.get(FOR);
    headers.set(FOR, before == null ? caller : before + ", " + caller);
    if (!headers.contains(PROTO)) {
      headers.set(PROTO, request.scheme() == null ? "http" : request.scheme());
    }
    if (!headers.contains(HOST) && request.authority() != null) {
      headers.set(HOST, request.authority().toString());
    }
  }
}
