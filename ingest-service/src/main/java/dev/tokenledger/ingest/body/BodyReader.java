package dev.tokenledger.ingest.body;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdInputStream;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies, decompressing as they come. Both the bytes sent and the bytes that they
 * turn into are bounded; reading stops at the bound, so that a small body which claims to be a huge
 * one costs no more than the bound. Blocks; thread-safe.
 */
@ApplicationScoped
public class BodyReader {
  private final int maxBytes;
  private final int maxDecompressed;

  public BodyReader(IngestConfig config) {
    this.maxBytes = config.maxBodyBytes();
    this.maxDecompressed = config.maxDecompressedBytes();
  }

  /**
   * Reads a whole body.
   *
   * @param encoding the header Content-Encoding, or null
   * @param length the header Content-Length, or -1
   * @throws ProblemException if the body is too large, cut or not compressed as it says
   */
  public byte[] read(InputStream body, @Nullable String encoding, long length) {
    if (length > maxBytes) {
      throw tooLarge();
    }
    Counted counted = new Counted(body, maxBytes);
    String name = encoding == null ? "identity" : encoding.trim().toLowerCase(Locale.ROOT);
    try {
      return switch (name) {
        case "identity", "" -> readAll(counted, maxBytes, (int) length);
        case "gzip", "x-gzip" -> readAll(new GZIPInputStream(counted, 1 << 15), 0, 1 << 16);
        case "zstd" -> readAll(new ZstdInputStream(counted), 0, 1 << 16);
        default ->
            throw new ProblemException(
                ProblemCode.UNSUPPORTED_ENCODING,
                "Content-Encoding '" + cut(name) + "' is not supported. Send gzip, zstd or none.");
      };
    } catch (ZipException | MalformedInputException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body is not valid " + name + " although Content-Encoding says so.",
          e);
    } catch (EOFException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body ends in the middle of its " + name + " data. Send all of it.",
          e);
    } catch (IOException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "The body could not be read to its end.", e);
    }
  }

  private byte[] readAll(InputStream in, int limit, int expected) throws IOException {
    int max = limit > 0 ? limit : maxDecompressed;
    byte[] buffer = new byte[Math.min(max, expected > 0 ? expected : 4_096)];
    int size = 0;
    while (true) {
      int read = in.read(buffer, size, buffer.length - size);
      if (read < 0) {
        return Arrays.copyOf(buffer, size);
      }
      size += read;
      if (size == buffer.length) {
        // Most often this is all, and the buffer has just its size.
        int next = in.read();
        if (next < 0) {
          return buffer;
        }
        if (size == max) {
          throw limit > 0 ? tooLarge() : decompressedTooLarge();
        }
        buffer = Arrays.copyOf(buffer, (int) Math.min(max, buffer.length * 2L));
        buffer[size++] = (byte) next;
      }
    }
  }

  private ProblemException tooLarge() {
    return new ProblemException(
        ProblemCode.BODY_TOO_LARGE,
        "A request body may have "
            + maxBytes
            + " bytes at most. Send fewer events in one request, or compress it.");
  }

  private ProblemException decompressedTooLarge() {
    return new ProblemException(
        ProblemCode.DECOMPRESSED_TOO_LARGE,
        "A request body may have "
            + maxDecompressed
            + " bytes at most once decompressed. Send fewer events in one request.");
  }

  private static String cut(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }

  /** Ends with a problem when more is read than may be sent. */
  private final class Counted extends InputStream {
    private final PushbackInputStream in;
    private long left;

    private Counted(InputStream in, long limit) {
      this.in = new PushbackInputStream(in, 1);
      this.left = limit;
    }

    /**
     * One while the body goes on, and zero at its end; blocks until that is known. A gzip stream
     * asks this after each of its members, and would drop those whose bytes have not come yet.
     */
    @Override
    public int available() throws IOException {
      int next = in.read();
      if (next < 0) {
        return 0;
      }
      in.unread(next);
      return 1;
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value >= 0 && --left < 0) {
        throw tooLarge();
      }
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = in.read(target, offset, length);
      if (read > 0) {
        left -= read;
        if (left < 0) {
          throw tooLarge();
        }
      }
      return read;
    }
  }
}
