package dev.tokenledger.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * One kept-alive HTTP/1.1 connection: whole requests out, answers with a length in. It knows just
 * enough of HTTP to cost nearly nothing. Not thread-safe.
 */
final class HttpConnection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;

  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private final byte[] buffer = new byte[64 << 10];
  private int length;

  HttpConnection(URI url) throws IOException {
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), TIMEOUT_MILLIS);
    out = socket.getOutputStream();
    in = socket.getInputStream();
  }

  /**
   * @param accepted the number of events the answer says were accepted, 0 when it says nothing
   */
  record Answer(int status, int accepted) {}

  Answer exchange(byte[] request, int requestLength) throws IOException {
    out.write(request, 0, requestLength);
    length = 0;
    int headerEnd;
    while ((headerEnd = headerEnd()) < 0) {
      fill();
    }
    String header = new String(buffer, 0, headerEnd, StandardCharsets.ISO_8859_1);
    int end = headerEnd + contentLength(header);
    if (end > buffer.length) {
      throw new IOException("an answer of " + end + " bytes is longer than expected");
    }
    while (length < end) {
      fill();
    }
    int status = Integer.parseInt(header.substring(9, 12));
    return new Answer(status, status == 202 ? accepted(headerEnd, end) : 0);
  }

  private void fill() throws IOException {
    int got = in.read(buffer, length, buffer.length - length);
    if (got < 0) {
      throw new EOFException("the server closed the connection");
    }
    length += got;
  }

  private int headerEnd() {
    for (int i = 3; i < length; i++) {
      if (buffer[i] == '\n' && buffer[i - 1] == '\r' && buffer[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static int contentLength(String header) throws IOException {
    String name = "content-length:";
    int at = header.toLowerCase(java.util.Locale.ROOT).indexOf(name);
    if (at < 0) {
      throw new IOException("the answer has no Content-Length: " + header.lines().findFirst());
    }
    return Integer.parseInt(header.substring(at + name.length(), header.indexOf('\r', at)).trim());
  }

  private int accepted(int from, int to) {
    String body = new String(buffer, from, to - from, StandardCharsets.US_ASCII);
    int at = body.indexOf("\"accepted\":") + "\"accepted\":".length();
    int count = 0;
    while (at < body.length() && Character.isDigit(body.charAt(at))) {
      count = count * 10 + body.charAt(at++) - '0';
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
