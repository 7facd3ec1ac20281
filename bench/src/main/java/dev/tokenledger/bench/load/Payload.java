package dev.tokenledger.bench.load;

import dev.tokenledger.bench.traffic.Call;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A whole request as bytes, made once: a copy of it becomes another request by writing ids, times
 * and sessions, all of fixed width, over the old ones. That costs a fraction of a microsecond for
 * an event, so that the generator leaves the machine to what it measures. Immutable.
 */
final class Payload implements PreparedRequest {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int HEX_DIGITS = 16;
  private static final String TIME = "2000-01-01T00:00:00.000Z";

  private final byte[] request;
  private final Patch[] patches;
  private final int events;

  private record Patch(
      int idAt, int timeAt, int sessionAt, int traceAt, int spanAt, long session) {}

  private Payload(byte[] request, Patch[] patches) {
    this.request = request;
    this.patches = patches;
    this.events = patches.length;
  }

  static Payload of(String host, String key, List<Call> calls) {
    Text body = new Text();
    List<Patch> patches = new ArrayList<>();
    body.add("[");
    for (Call call : calls) {
      body.add(patches.isEmpty() ? "" : ",");
      patches.add(body.event(call));
    }
    body.add("]");
    byte[] header =
        ("POST /v1/events HTTP/1.1\r\nHost: "
                + host
                + "\r\nAuthorization: Bearer "
                + key
                + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] bodyBytes = body.bytes();
    byte[] request = new byte[header.length + bodyBytes.length];
    System.arraycopy(header, 0, request, 0, header.length);
    System.arraycopy(bodyBytes, 0, request, header.length, bodyBytes.length);
    Patch[] shifted = new Patch[patches.size()];
    for (int i = 0; i < shifted.length; i++) {
      Patch patch = patches.get(i);
      shifted[i] =
          new Patch(
              patch.idAt + header.length,
              patch.timeAt + header.length,
              patch.sessionAt + header.length,
              patch.traceAt == 0 ? 0 : patch.traceAt + header.length,
              patch.spanAt == 0 ? 0 : patch.spanAt + header.length,
              patch.session);
    }
    return new Payload(request, shifted);
  }

  @Override
  public int events() {
    return events;
  }

  @Override
  public int length() {
    return request.length;
  }

  /** The body alone, with the first ids. */
  byte[] body(long timeMillis) {
    byte[] whole = new byte[request.length];
    write(whole, 0, 0, 0, timeMillis);
    int start = 0;
    while (whole[start] != '[') {
      start++;
    }
    return Arrays.copyOfRange(whole, start, whole.length);
  }

  @Override
  public void write(byte[] buffer, long run, long firstId, long firstSession, long timeMillis) {
    System.arraycopy(request, 0, buffer, 0, request.length);
    for (int i = 0; i < events; i++) {
      Patch patch = patches[i];
      long id = run | (firstId + i);
      long session = run | (firstSession + patch.session);
      hex(buffer, patch.idAt, id);
      hex(buffer, patch.sessionAt, session);
      time(buffer, patch.timeAt, timeMillis - (events - 1 - i) * 1_000L / events);
      if (patch.traceAt > 0) {
        hex(buffer, patch.traceAt, session);
        hex(buffer, patch.spanAt, id);
      }
    }
  }

  private static void hex(byte[] buffer, int at, long value) {
    for (int i = HEX_DIGITS - 1; i >= 0; i--) {
      buffer[at + i] = HEX[(int) (value & 15)];
      value >>>= 4;
    }
  }

  private static void time(byte[] buffer, int at, long millis) {
    long day = Math.floorDiv(millis, 86_400_000L);
    int ofDay = (int) Math.floorMod(millis, 86_400_000L);
    // Civil date of a day number, after Howard Hinnant's "chrono-compatible low-level date
    // algorithms".
    long shifted = day + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    int ofEra = (int) (shifted - era * 146_097);
    int year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365;
    int ofYear = ofEra - (365 * year + year / 4 - year / 100);
    int month = (5 * ofYear + 2) / 153;
    int dayOfMonth = ofYear - (153 * month + 2) / 5 + 1;
    int civilMonth = month < 10 ? month + 3 : month - 9;
    digits(buffer, at, 4, (int) (year + era * 400) + (civilMonth <= 2 ? 1 : 0));
    digits(buffer, at + 5, 2, civilMonth);
    digits(buffer, at + 8, 2, dayOfMonth);
    digits(buffer, at + 11, 2, ofDay / 3_600_000);
    digits(buffer, at + 14, 2, ofDay / 60_000 % 60);
    digits(buffer, at + 17, 2, ofDay / 1_000 % 60);
    digits(buffer, at + 20, 3, ofDay % 1_000);
  }

  private static void digits(byte[] buffer, int at, int count, int value) {
    for (int i = count - 1; i >= 0; i--) {
      buffer[at + i] = (byte) ('0' + value % 10);
      value /= 10;
    }
  }

  /** The body while it is made; all characters are ASCII, so positions are those of the bytes. */
  private static final class Text {
    private static final String ZEROS = "0".repeat(HEX_DIGITS);
    private final StringBuilder text = new StringBuilder(64 << 10);

    void add(String more) {
      text.append(more);
    }

    int length() {
      return text.length();
    }

    byte[] bytes() {
      return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    Patch event(Call call) {
      boolean isCall = call.kind() == Call.Kind.MODEL_CALL;
      text.append("{\"id\":\"load-");
      int idAt = placeholder(ZEROS);
      text.append("\",\"type\":\"").append(isCall ? "model_call" : "agent_run");
      text.append("\",\"time\":\"");
      int timeAt = placeholder(TIME);
      text.append("\",\"environment\":\"production\"");
      field("agent", call.agent());
      field("feature", call.feature());
      field("user", call.user());
      text.append(",\"session\":\"s-");
      int sessionAt = placeholder(ZEROS);
      text.append('"');
      int traceAt = 0;
      int spanAt = 0;
      if (call.traced()) {
        text.append(",\"trace_id\":\"").append(ZEROS);
        traceAt = placeholder(ZEROS);
        text.append("\",\"span_id\":\"");
        spanAt = placeholder(ZEROS);
        text.append('"');
      }
      if (isCall) {
        call(call);
      } else {
        field("task", "resolve");
      }
      text.append(",\"latency_ms\":").append(call.latencyMillis());
      field("status", call.errorType() == null ? "success" : "failure");
      if (call.errorType() != null) {
        field("error_type", call.errorType());
      }
      if (call.team() != null) {
        text.append(",\"tags\":{\"team\":\"").append(call.team()).append("\"}");
      }
      text.append('}');
      return new Patch(idAt, timeAt, sessionAt, traceAt, spanAt, call.session());
    }

    private void call(Call call) {
      field("provider", call.provider());
      field("model", call.model());
      field("operation", "chat");
      text.append(",\"usage\":{\"input_tokens\":").append(call.inputTokens());
      text.append(",\"output_tokens\":").append(call.outputTokens());
      text.append(",\"cached_input_tokens\":").append(call.cachedTokens());
      text.append(",\"reasoning_tokens\":").append(call.reasoningTokens());
      text.append("},\"time_to_first_token_ms\":").append(call.firstTokenMillis());
    }

    private void field(String name, String value) {
      text.append(",\"").append(name).append("\":\"").append(value).append('"');
    }

    private int placeholder(String zeros) {
      int at = text.length();
      text.append(zeros);
      return at;
    }
  }
}
