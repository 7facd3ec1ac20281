package dev.tokenledger.ingest.body;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies as they were sent, within what the process has room for. Both the bytes sent
 * and the bytes that they turn into are bounded; reading stops at the bound, so that a small body
 * which claims to be a huge one costs no more than the bound. Blocks; thread-safe.
 */
@ApplicationScoped
public class BodyReader {
  private final int maxBytes;
  private final int maxDecompressed;
  private final ByteBudget budget;

  public BodyReader(IngestConfig config, ByteBudget budget) {
    this.maxBytes = config.maxBodyBytes();
    this.maxDecompressed = config.maxDecompressedBytes();
    this.budget = budget;
  }

  /**
   * Reads a whole body.
   *
   * @param encoding the header Content-Encoding, or null
   * @param length the header Content-Length, or -1
   * @return the body, to be closed when the request has its answer
   * @throws ProblemException if the body is too large, cut or not compressed as it says, or if
   *     there is no room for it now
   */
  public Body read(InputStream in, @Nullable String encoding, long length) {
    if (length > maxBytes) {
      throw tooLarge();
    }
    String coding = coding(encoding);
    ByteBudget.Lease lease = budget.lease(ByteBudget.Use.INGEST);
    try {
      // All at once where the length is known, with as much again for what is made of it: of many
      // large bodies some are read to their end then, instead of all of them to their half.
      lease.require(2 * Math.max(0, length));
      Chunks sent = Chunks.read(in, length, maxBytes, lease);
      if (sent == null) {
        throw tooLarge();
      }
      return Body.of(sent, coding, coding == null ? maxBytes : maxDecompressed, lease);
    } catch (IOException e) {
      lease.close();
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "The body could not be read to its end.", e);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private static @Nullable String coding(@Nullable String encoding) {
    String name = encoding == null ? "" : encoding.trim().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "identity", "" -> null;
      case "gzip", "x-gzip" -> "gzip";
      case "zstd" -> "zstd";
      default ->
          throw new ProblemException(
              ProblemCode.UNSUPPORTED_ENCODING,
              "Content-Encoding '" + cut(name) + "' is not supported. Send gzip, zstd or none.");
    };
  }

  private ProblemException tooLarge() {
    return new ProblemException(
        ProblemCode.BODY_TOO_LARGE,
        "A request body may have "
            + maxBytes
            + " bytes at most. Send fewer events in one request, or compress it.");
  }

  private static String cut(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }
}
