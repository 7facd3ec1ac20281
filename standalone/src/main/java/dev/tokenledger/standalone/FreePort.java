package dev.tokenledger.standalone;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port of the loopback address on which nobody listens, below those that the system gives to
 * outgoing connections: a store that comes back after its death must find its port free.
 */
final class FreePort {
  private static final int FIRST = 15_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 200;

  private FreePort() {}

  static int find() throws IOException {
    for (int i = 0; i < ATTEMPTS; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // Taken; another one is tried.
        continue;
      }
    }
    throw new IOException("no port is free between " + FIRST + " and " + END);
  }
}
