package dev.tokenledger.standalone;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

  /**
   * @throws IllegalStateException if somebody listens on the port of the API already
   */
  static void require(String host, int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
    } catch (BindException e) {
      throw new IllegalStateException(
          e.getMessage() != null && e.getMessage().startsWith("Permission denied")
              ? "port " + port + " needs rights that this user lacks; choose another with --port"
              : "port " + port + " is taken; choose another with --port",
          e);
    }
  }

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
