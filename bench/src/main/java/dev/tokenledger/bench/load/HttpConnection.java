package dev.tokenledger.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One kept-alive HTTP/1.1 connection: whole requests out, answers with a length in. It knows just
 * enough of HTTP to cost nearly nothing. Not thread-safe.
 */
final class HttpConnection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;

  /** Bytes of an OTLP answer that names nothing that was refused: {@code {}}, or none. */
  private static final int EMPTY_OTLP_ANSWER = 2;

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
   * @param rejectedSpans all of them when an OTLP answer names any, whose number is not read
   */
  record Answer(int status, int accepted, int rejectedSpans) {}

  /** What an answer says of itself. */
  record Header(int status, int contentLength) {
    private static final String LENGTH = "content-length:";

    /**
     * @param text all of it, to the empty line
     */
    static Header parse(String text) throws IOException {
      int at = text.toLowerCase(Locale.ROOT).indexOf(LENGTH);
      if (at < 0) {
        throw new IOException("the answer has no Content-Length: " + text.lines().findFirst());
      }
      return new Header(
          Integer.parseInt(text.substring(9, 12)),
          Integer.parseInt(text.substring(at + LENGTH.length(), text.indexOf('\r', at)).trim()));
    }
  }

  Answer exchange(byte[] request, int requestLength) throws IOException {
    out.write(request, 0, requestLength);
    length = 0;
    int headerEnd;
    while ((headerEnd = headerEnd()) < 0) {
      fill();
    }
    Header header = Header.parse(new String(buffer, 0, headerEnd, StandardCharsets.ISO_8859_1));
    int end = headerEnd + header.contentLength;
    if (end > buffer.length) {
      throw new IOException("an answer of " + end + " bytes is longer than expected");
    }
    while (length < end) {
      fill();
    }
    return new Answer(
        header.status,
        header.status == 202 ? accepted(headerEnd, end) : 0,
        header.status == 200 && header.contentLength > EMPTY_OTLP_ANSWER ? Integer.MAX_VALUE : 0);
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
