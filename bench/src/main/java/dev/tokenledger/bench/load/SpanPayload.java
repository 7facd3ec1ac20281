package dev.tokenledger.bench.load;

import dev.tokenledger.bench.traffic.Call;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An OTLP request of spans, one for each event, as bytes: ids and times have a fixed width in both
 * encodings, so a copy becomes another request by writing over them. Each session is a trace.
 * Immutable.
 */
final class SpanPayload implements PreparedRequest {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int TRACE_ID = 1;
  private static final int SPAN_ID = 2;
  private static final int NAME = 5;
  private static final int START = 7;
  private static final int END = 8;
  private static final int ATTRIBUTES = 9;

  private final byte[] request;
  private final boolean json;
  private final List<Patch> patches;

  private record Patch(int traceAt, int spanAt, int startAt, int endAt, long session, int millis) {
    private Patch shifted(int by) {
      return new Patch(traceAt + by, spanAt + by, startAt + by, endAt + by, session, millis);
    }
  }

  private SpanPayload(byte[] request, boolean json, List<Patch> patches) {
    this.request = request;
    this.json = json;
    this.patches = List.copyOf(patches);
  }

  static SpanPayload of(String host, String key, boolean json, List<Call> calls) {
    List<Patch> patches = new ArrayList<>();
    byte[] body = json ? json(calls, patches) : protobuf(calls, patches);
    byte[] header =
        ("POST /v1/traces HTTP/1.1\r\nHost: "
                + host
                + "\r\nAuthorization: Bearer "
                + key
                + "\r\nContent-Type: "
                + (json ? "application/json" : "application/x-protobuf")
                + "\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(header, header.length + body.length);
    System.arraycopy(body, 0, request, header.length, body.length);
    return new SpanPayload(
        request, json, patches.stream().map(patch -> patch.shifted(header.length)).toList());
  }

  @Override
  public int events() {
    return patches.size();
  }

  @Override
  public int length() {
    return request.length;
  }

  @Override
  public void write(byte[] buffer, long run, long firstId, long firstSession, long timeMillis) {
    System.arraycopy(request, 0, buffer, 0, request.length);
    for (int i = 0; i < patches.size(); i++) {
      Patch patch = patches.get(i);
      long start = timeMillis - (patches.size() - 1 - i) * 1_000L / patches.size();
      id(buffer, patch.traceAt, run | (firstSession + patch.session));
      id(buffer, patch.spanAt, run | (firstId + i));
      nanos(buffer, patch.startAt, (start - patch.millis) * 1_000_000L);
      nanos(buffer, patch.endAt, start * 1_000_000L);
    }
  }

  private void id(byte[] buffer, int at, long value) {
    if (!json) {
      fixed(buffer, at, Long.reverseBytes(value));
      return;
    }
    long rest = value;
    for (int i = 15; i >= 0; i--) {
      buffer[at + i] = HEX[(int) (rest & 15)];
      rest >>>= 4;
    }
  }

  private void nanos(byte[] buffer, int at, long value) {
    if (!json) {
      fixed(buffer, at, value);
      return;
    }
    long rest = value;
    for (int i = 18; i >= 0; i--) {
      buffer[at + i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** Little-endian, as protobuf has it. */
  private static void fixed(byte[] buffer, int at, long value) {
    for (int i = 0; i < 8; i++) {
      buffer[at + i] = (byte) (value >>> 8 * i);
    }
  }

  /** Text, or a number that is a string in JSON as OTLP demands it. */
  private static Map<String, Object> attributes(Call call) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("gen_ai.agent.name", call.agent());
    attributes.put("tokenledger.feature", call.feature());
    attributes.put("user.id", call.user());
    if (call.kind() == Call.Kind.AGENT_RUN) {
      attributes.put("gen_ai.operation.name", "invoke_agent");
      return attributes;
    }
    attributes.put("gen_ai.operation.name", "chat");
    attributes.put("gen_ai.provider.name", call.provider());
    attributes.put("gen_ai.request.model", call.model());
    attributes.put("gen_ai.usage.input_tokens", (long) call.inputTokens());
    attributes.put("gen_ai.usage.output_tokens", (long) call.outputTokens());
    attributes.put("gen_ai.usage.cache_read.input_tokens", (long) call.cachedTokens());
    if (call.errorType() != null) {
      attributes.put("error.type", call.errorType());
    }
    return attributes;
  }

  private static byte[] json(List<Call> calls, List<Patch> patches) {
    StringBuilder text = new StringBuilder(64 << 10);
    text.append("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",")
        .append("\"value\":{\"stringValue\":\"bench\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":")
        .append("\"bench\"},\"spans\":[");
    for (Call call : calls) {
      text.append(patches.isEmpty() ? "" : ",").append("{\"traceId\":\"").append("0".repeat(16));
      int trace = zeros(text, 16);
      text.append("\",\"spanId\":\"");
      int span = zeros(text, 16);
      text.append("\",\"name\":\"chat\",\"kind\":3,\"startTimeUnixNano\":\"");
      int start = zeros(text, 19);
      text.append("\",\"endTimeUnixNano\":\"");
      int end = zeros(text, 19);
      text.append("\",\"attributes\":[");
      String comma = "";
      for (Map.Entry<String, Object> attribute : attributes(call).entrySet()) {
        text.append(comma)
            .append("{\"key\":\"")
            .append(attribute.getKey())
            .append("\",\"value\":{\"");
        text.append(attribute.getValue() instanceof Long ? "intValue" : "stringValue");
        text.append("\":\"").append(attribute.getValue()).append("\"}}");
        comma = ",";
      }
      text.append("],\"status\":{")
          .append(call.errorType() == null ? "" : "\"code\":2")
          .append("}}");
      patches.add(new Patch(trace, span, start, end, call.session(), call.latencyMillis()));
    }
    return text.append("]}]}]}").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static int zeros(StringBuilder text, int count) {
    int at = text.length();
    text.append("0".repeat(count));
    return at;
  }

  private static byte[] protobuf(List<Call> calls, List<Patch> patches) {
    List<byte[]> spans = new ArrayList<>();
    List<Patch> within = new ArrayList<>();
    for (Call call : calls) {
      Message span = new Message();
      int trace = span.field(TRACE_ID, new byte[16]) + 8;
      int id = span.field(SPAN_ID, new byte[8]);
      span.text(NAME, "chat");
      int start = span.fixed(START);
      int end = span.fixed(END);
      attributes(call).forEach((key, value) -> span.field(ATTRIBUTES, keyValue(key, value)));
      if (call.errorType() != null) {
        Message status = new Message();
        status.number(3, 2);
        span.field(15, status.bytes());
      }
      spans.add(span.bytes());
      within.add(new Patch(trace, id, start, end, call.session(), call.latencyMillis()));
    }
    Message scopeSpans = new Message();
    Message scope = new Message();
    scope.text(1, "bench");
    scopeSpans.field(1, scope.bytes());
    List<Integer> starts = new ArrayList<>();
    spans.forEach(span -> starts.add(scopeSpans.field(2, span)));
    Message resource = new Message();
    resource.field(1, keyValue("service.name", "bench"));
    Message resourceSpans = new Message();
    resourceSpans.field(1, resource.bytes());
    int scopeAt = resourceSpans.field(2, scopeSpans.bytes());
    Message request = new Message();
    int resourceAt = request.field(1, resourceSpans.bytes());
    for (int i = 0; i < within.size(); i++) {
      patches.add(within.get(i).shifted(starts.get(i) + scopeAt + resourceAt));
    }
    return request.bytes();
  }

  private static byte[] keyValue(String key, Object value) {
    Message any = new Message();
    if (value instanceof Long number) {
      any.number(3, number);
    } else {
      any.text(1, value.toString());
    }
    Message keyValue = new Message();
    keyValue.text(1, key);
    keyValue.field(2, any.bytes());
    return keyValue.bytes();
  }

  /** A protobuf message while it is written; each field answers where its content begins. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }

    int field(int number, byte[] content) {
      varint(number << 3 | 2);
      varint(content.length);
      int at = out.size();
      out.writeBytes(content);
      return at;
    }

    void text(int number, String text) {
      field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    void number(int number, long value) {
      varint(number << 3);
      varint(value);
    }

    int fixed(int number) {
      varint(number << 3 | 1);
      int at = out.size();
      out.writeBytes(new byte[8]);
      return at;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
