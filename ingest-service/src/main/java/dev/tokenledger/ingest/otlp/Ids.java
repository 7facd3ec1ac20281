package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.decode.RejectionCode;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Checks and writes the identifiers of traces and spans. */
final class Ids {
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;
  private static final HexFormat HEX = HexFormat.of();

  private Ids() {}

  static String trace(byte[] id) throws Refusal {
    return valid("trace id", id, TRACE_BYTES);
  }

  static String span(byte[] id) throws Refusal {
    return valid("span id", id, SPAN_BYTES);
  }

  /** Null for an absent or all-zero parent, as exporters write a root either way. */
  static @Nullable String parent(byte[] id) throws Refusal {
    return id.length == 0 || isZero(id) ? null : valid("parent span id", id, SPAN_BYTES);
  }

  /** As {@link #trace(byte[])}, from hex in either case. */
  static String trace(String hex) throws Refusal {
    return isPlain(hex, 2 * TRACE_BYTES) ? hex : trace(bytes("trace id", hex));
  }

  static String span(String hex) throws Refusal {
    return isPlain(hex, 2 * SPAN_BYTES) ? hex : span(bytes("span id", hex));
  }

  static @Nullable String parent(String hex) throws Refusal {
    return isPlain(hex, 2 * SPAN_BYTES) ? hex : parent(bytes("parent span id", hex));
  }

  /** True for an identifier that is already as we write it, as nearly all are. */
  private static boolean isPlain(String hex, int length) {
    if (hex.length() != length) {
      return false;
    }
    int any = 0;
    for (int i = 0; i < length; i++) {
      char c = hex.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
      any |= c - '0';
    }
    return any != 0;
  }

  private static byte[] bytes(String what, String hex) throws Refusal {
    try {
      return HEX.parseHex(hex.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new Refusal(
          RejectionCode.INVALID_TRACE_ID,
          "The " + what + " is not hexadecimal; OTLP/JSON sends hex.");
    }
  }

  private static String valid(String what, byte[] id, int length) throws Refusal {
    if (id.length != length) {
      throw new Refusal(
          RejectionCode.INVALID_TRACE_ID,
          "The " + what + " has " + id.length + " bytes; it must have " + length + ".");
    }
    if (isZero(id)) {
      throw new Refusal(
          RejectionCode.INVALID_TRACE_ID,
          "The " + what + " is all zeros; start the span with a tracer that generates ids.");
    }
    return HEX.formatHex(id);
  }

  private static boolean isZero(byte[] id) {
    for (byte b : id) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }
}
