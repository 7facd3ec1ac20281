package dev.tokenledger.ingest.otlp;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Passes on UTF-8 and nothing else: the JSON parser takes what it passes over as it is, and knows
 * encodings that OTLP does not. A byte order mark at the beginning is left out, since it is no
 * JSON, though some writers begin every text with it.
 */
final class Utf8Input extends FilterInputStream {
  private boolean started;
  private int missing;
  private int least;
  private int most;

  Utf8Input(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read =
        started || length < 3 ? in.read(target, offset, length) : start(target, offset, length);
    if (read < 0) {
      if (missing > 0) {
        throw invalid();
      }
      return read;
    }
    check(target, offset, offset + read);
    return read;
  }

  private int start(byte[] target, int offset, int length) throws IOException {
    started = true;
    int size = in.readNBytes(target, offset, 3);
    if (size == 3
        && target[offset] == (byte) 0xEF
        && target[offset + 1] == (byte) 0xBB
        && target[offset + 2] == (byte) 0xBF) {
      return in.read(target, offset, length);
    }
    return size == 0 ? -1 : size;
  }

  private void check(byte[] bytes, int from, int until) {
    int i = from;
    while (i < until) {
      if (missing == 0) {
        while (i < until && bytes[i] >= 0) {
          i++;
        }
        if (i < until) {
          lead(bytes[i++] & 0xFF);
        }
      } else {
        int next = bytes[i++] & 0xFF;
        if (next < least || next > most) {
          throw invalid();
        }
        least = 0x80;
        most = 0xBF;
        missing--;
      }
    }
  }

  /** The first byte of a character tells how many follow, and bounds the second. */
  private void lead(int first) {
    if (first < 0xC2 || first > 0xF4) {
      throw invalid();
    }
    missing = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    // No overlong forms, no halves of surrogate pairs, nothing beyond U+10FFFF.
    least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  }

  private static ProblemException invalid() {
    return new ProblemException(ProblemCode.INVALID_UTF8, "The OTLP/JSON body is not valid UTF-8.");
  }
}
