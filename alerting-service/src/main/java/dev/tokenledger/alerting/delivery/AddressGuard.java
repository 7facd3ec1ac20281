package dev.tokenledger.alerting.delivery;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Keeps notifications from being a way into the network that the service runs in: addresses that
 * are private, loopback, link-local (where clouds have their metadata) or otherwise not public are
 * refused, unless the configuration allows them.
 */
public final class AddressGuard {
  private final boolean allowPrivate;

  public AddressGuard(boolean allowPrivate) {
    this.allowPrivate = allowPrivate;
  }

  /** Why a host may not be called, or empty when it may. Resolves the name; blocks. */
  public Optional<String> refusal(String host) {
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      return Optional.of("the host name does not resolve");
    }
    if (allowPrivate) {
      return Optional.empty();
    }
    for (InetAddress address : addresses) {
      if (!isPublic(address)) {
        return Optional.of(
            "the host is at a private address; tokenledger.alerting.allow-private-addresses"
                + " allows those");
      }
    }
    return Optional.empty();
  }

  private static boolean isPublic(InetAddress address) {
    if (address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    if (address instanceof Inet6Address) {
      // Unique local addresses, fc00::/7, and the ranges that carry an IPv4 address within.
      boolean embedsIpv4 =
          bytes[0] == 0x20 && bytes[1] == 0x02
              || bytes[0] == 0 && bytes[1] == 0x64 && (bytes[2] & 0xFF) == 0xFF
              || bytes[0] == 0 && bytes[1] == 0;
      return (bytes[0] & 0xFE) != 0xFC && !embedsIpv4;
    }
    int first = bytes[0] & 0xFF;
    int second = bytes[1] & 0xFF;
    // 0.0.0.0/8, carrier-grade NAT 100.64.0.0/10, 192.0.0.0/24, benchmarks 198.18.0.0/15, reserved.
    return first != 0
        && !(first == 100 && second >= 64 && second <= 127)
        && !(first == 192 && second == 0 && bytes[2] == 0)
        && !(first == 198 && (second == 18 || second == 19))
        && first < 240;
  }
}
