package dev.tokenledger.gateway;

/** The order in which the gateway's routes are tried. */
final class Routes {
  /** The merged document, which no service has. */
  static final int DOCUMENT = 100;

  static final int FORWARDING = 200;

  /** After health and metrics. */
  static final int NOTHING = 1_000_000;

  private Routes() {}
}
