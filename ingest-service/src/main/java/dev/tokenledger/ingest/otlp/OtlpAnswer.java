package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedOutputStream;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What an OTLP client is answered: a response that names the refused spans, or a {@code
 * google.rpc.Status} where nothing was taken. Each in both encodings; a client is answered in the
 * one it used.
 */
public final class OtlpAnswer {
  public static final String PROTOBUF = "application/x-protobuf";
  public static final String JSON = "application/json";

  /** Reasons that are written out; of the others the number is given. */
  private static final int MAX_REASONS = 5;

  /** Numbers of {@code google.rpc.Code}. */
  private static final int INVALID_ARGUMENT = 3;

  private static final int NOT_FOUND = 5;
  private static final int PERMISSION_DENIED = 7;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNIMPLEMENTED = 12;
  private static final int INTERNAL = 13;
  private static final int UNAVAILABLE = 14;
  private static final int UNAUTHENTICATED = 16;

  private OtlpAnswer() {}

  /**
   * The answer to a request of which all but the rejected spans were taken. Without rejections it
   * is the empty response that the protocol demands.
   */
  public static byte[] protobuf(List<Rejection> rejected) {
    if (rejected.isEmpty()) {
      return new byte[0];
    }
    return ExportTraceServiceResponse.newBuilder()
        .setPartialSuccess(
            ExportTracePartialSuccess.newBuilder()
                .setRejectedSpans(rejected.size())
                .setErrorMessage(summary(rejected)))
        .build()
        .toByteArray();
  }

  /** As {@link #protobuf(List)}, in JSON; the 64-bit count is text there. */
  public static byte[] json(List<Rejection> rejected) {
    ObjectNode response = Json.MAPPER.createObjectNode();
    if (!rejected.isEmpty()) {
      response
          .putObject("partialSuccess")
          .put("rejectedSpans", Integer.toString(rejected.size()))
          .put("errorMessage", summary(rejected));
    }
    return bytes(response);
  }

  /** A {@code google.rpc.Status} for a request of which nothing was taken. */
  public static byte[] protobuf(ProblemException problem) {
    try {
      // Two fields of a message that no library of ours brings: int32 code = 1, string message = 2.
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeInt32(1, rpcCode(problem.code()));
      out.writeString(2, message(problem));
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /** As {@link #protobuf(ProblemException)}, in JSON. */
  public static byte[] json(ProblemException problem) {
    return bytes(
        Json.MAPPER
            .createObjectNode()
            .put("code", rpcCode(problem.code()))
            .put("message", message(problem)));
  }

  /** The number of {@code google.rpc.Code} for a problem; OTLP/gRPC ends with the same. */
  public static int rpcCode(ProblemCode code) {
    return switch (code) {
      case UNAUTHENTICATED, KEY_REVOKED, KEY_EXPIRED -> UNAUTHENTICATED;
      case FORBIDDEN -> PERMISSION_DENIED;
      case NOT_FOUND -> NOT_FOUND;
      case QUOTA_EXCEEDED -> RESOURCE_EXHAUSTED;
      case METHOD_NOT_ALLOWED -> UNIMPLEMENTED;
      default ->
          switch (code.kind()) {
            case CALLER -> INVALID_ARGUMENT;
            case OURS -> INTERNAL;
            case NO_CAPACITY -> UNAVAILABLE;
          };
    };
  }

  /** The first reasons in words, for the log of the exporter that will print them. */
  static String summary(List<Rejection> rejected) {
    StringBuilder summary = new StringBuilder();
    for (Rejection rejection : rejected.subList(0, Math.min(rejected.size(), MAX_REASONS))) {
      summary
          .append(summary.length() == 0 ? "" : " ")
          .append("Span ")
          .append(rejection.index())
          .append(" (")
          .append(rejection.code().label())
          .append("): ")
          .append(rejection.message());
    }
    if (rejected.size() > MAX_REASONS) {
      summary.append(" And ").append(rejected.size() - MAX_REASONS).append(" more.");
    }
    return summary.toString();
  }

  private static String message(ProblemException problem) {
    return problem.code().label() + ": " + problem.getMessage();
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return Json.MAPPER.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }
}
