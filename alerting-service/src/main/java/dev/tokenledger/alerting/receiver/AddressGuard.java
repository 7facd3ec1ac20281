package dev.tokenledger.alerting.receiver;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps notifications from being a way into the network that the service runs in: addresses that
 * are private, loopback, link-local (where clouds have their metadata) or otherwise not public are
 * refused, unless the configuration allows them.
 */
public final class AddressGuard {
  private final boolean allowPrivate;
  private final Resolver resolver;

  public AddressGuard(boolean allowPrivate) {
    this(allowPrivate, InetAddress::getAllByName);
  }

  AddressGuard(boolean allowPrivate, Resolver resolver) {
    this.allowPrivate = allowPrivate;
    this.resolver = resolver;
  }

  /** Finds the addresses of a host; blocks. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /**
   * The addresses that a host has now.
   *
   * @param allowed where to connect to; empty when refused
   * @param refusal why the host may not be called, or null when it may
   */
  record Verdict(List<InetAddress> allowed, @Nullable String refusal) {}

  /** Why a host may not be called, or empty when it may. Resolves the name; blocks. */
  public Optional<String> refusal(String host) {
    return Optional.ofNullable(check(host).refusal());
  }

  /**
   * Resolves and judges a host. Whoever connects must do so to one of these addresses: a name that
   * is resolved again may lead somewhere else.
   */
  Verdict check(String host) {
    List<InetAddress> addresses;
    try {
      addresses = List.of(resolver.resolve(host));
    } catch (UnknownHostException e) {
      return new Verdict(List.of(), "the host name does not resolve");
    }
    if (allowPrivate || addresses.stream().allMatch(AddressGuard::isPublic)) {
      return new Verdict(addresses, null);
    }
    return new Verdict(
        List.of(),
        "the host is at a private address; tokenledger.alerting.allow-private-addresses"
            + " allows those");
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
      // Global unicast is 2000::/3; of it, 6to4 (2002::/16) and Teredo (2001::/32) carry an IPv4
      // address within.
      boolean carriesIpv4 =
          bytes[0] == 0x20 && bytes[1] == 0x02
              || bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
      return (bytes[0] & 0xE0) == 0x20 && !carriesIpv4;
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
