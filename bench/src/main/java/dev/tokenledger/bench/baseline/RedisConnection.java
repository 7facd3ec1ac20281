package dev.tokenledger.bench.baseline;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection to Redis with nothing in between: commands out, simple answers in. */
final class RedisConnection implements AutoCloseable {
  private static final int BUFFER = 256 << 10;

  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;

  RedisConnection(int port, String password) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
    in = new BufferedInputStream(socket.getInputStream());
    send(bytes("AUTH"), bytes(password));
    flush();
    answer();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  void send(byte[]... parts) throws IOException {
    out.write(bytes("*" + parts.length + "\r\n"));
    for (byte[] part : parts) {
      out.write(bytes("$" + part.length + "\r\n"));
      out.write(part);
      out.write(bytes("\r\n"));
    }
  }

  void flush() throws IOException {
    out.flush();
  }

  /** Reads an answer that is a status, a number or a string. */
  String answer() throws IOException {
    String line = line();
    return switch (line.charAt(0)) {
      case '-' -> throw new IOException("Redis answered " + line.substring(1));
      case '$' -> line();
      default -> line.substring(1);
    };
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int next;
    while ((next = in.read()) != '\r') {
      if (next < 0) {
        throw new EOFException("Redis closed the connection");
      }
      line.append((char) next);
    }
    in.read();
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
