package dev.tokenledger.gateway;

import io.vertx.core.MultiMap;
import java.util.List;

/** Headers that are about one connection and end there (RFC 9110, 7.6.1). */
final class HopByHop {
  /** Without {@code Transfer-Encoding}, which the proxy reads and replaces. */
  private static final List<String> NAMES =
      List.of("Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade");

  private HopByHop() {}

  /** Removes them, and those that the message itself names as such. */
  static void remove(MultiMap headers) {
    for (String named : headers.getAll("Connection")) {
      for (String name : named.split(",")) {
        // A caller must not be able to have the length or the credentials of a request dropped.
        String header = name.strip();
        if (!header.isEmpty() && !isNeeded(header)) {
          headers.remove(header);
        }
      }
    }
    NAMES.forEach(headers::remove);
  }

  private static boolean isNeeded(String header) {
    return header.equalsIgnoreCase("Transfer-Encoding")
        || header.equalsIgnoreCase("Content-Length")
        || header.equalsIgnoreCase("Host")
        || header.equalsIgnoreCase("Authorization");
  }
}
