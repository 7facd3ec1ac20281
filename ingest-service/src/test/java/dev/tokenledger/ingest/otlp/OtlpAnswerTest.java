package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpAnswerTest {
  private static final Rejection REJECTION =
      new Rejection(3, null, RejectionCode.INVALID_TRACE_ID, "The trace id is all zeros.");

  @Test
  void fullSuccessIsTheEmptyResponse() throws Exception {
    assertThat(OtlpAnswer.protobuf(List.of())).isEmpty();
    assertThat(OtlpAnswer.json(List.of())).asString().isEqualTo("{}");
    assertThat(
            ExportTraceServiceResponse.parseFrom(OtlpAnswer.protobuf(List.of()))
                .hasPartialSuccess())
        .isFalse();
  }

  @Test
  void partialSuccessNamesTheRefusedSpansAndWhy() throws Exception {
    var partial =
        ExportTraceServiceResponse.parseFrom(OtlpAnswer.protobuf(List.of(REJECTION)))
            .getPartialSuccess();
    assertThat(partial.getRejectedSpans()).isEqualTo(1);
    assertThat(partial.getErrorMessage())
        .isEqualTo("Span 3 (invalid_trace_id): The trace id is all zeros.");
    assertThat(new String(OtlpAnswer.json(List.of(REJECTION)), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":"
                + "\"Span 3 (invalid_trace_id): The trace id is all zeros.\"}}");
  }

  @Test
  void manyReasonsAreNotAllWrittenOut() {
    assertThat(OtlpAnswer.summary(Collections.nCopies(10_000, REJECTION)))
        .endsWith(" And 9995 more.")
        .hasSizeLessThan(500);
  }

  @Test
  void aProblemIsAStatusInBothEncodings() throws Exception {
    ProblemException problem = new ProblemException(ProblemCode.MALFORMED_BODY, "Cut.");
    assertThat(OtlpAnswer.json(problem))
        .asString()
        .isEqualTo("{\"code\":3,\"message\":\"malformed_body: Cut.\"}");
    CodedInputStream status = CodedInputStream.newInstance(OtlpAnswer.protobuf(problem));
    assertThat(status.readTag() >>> 3).isEqualTo(1);
    assertThat(status.readInt32()).isEqualTo(3);
    assertThat(status.readTag() >>> 3).isEqualTo(2);
    assertThat(status.readString()).isEqualTo("malformed_body: Cut.");
    assertThat(status.isAtEnd()).isTrue();
  }

  @Test
  void whatAClientMayRetryIsUnavailable() {
    assertThat(OtlpAnswer.rpcCode(ProblemCode.QUEUE_FULL)).isEqualTo(14);
    assertThat(OtlpAnswer.rpcCode(ProblemCode.STORE_UNAVAILABLE)).isEqualTo(14);
    assertThat(OtlpAnswer.rpcCode(ProblemCode.QUOTA_EXCEEDED)).isEqualTo(8);
    assertThat(OtlpAnswer.rpcCode(ProblemCode.KEY_REVOKED)).isEqualTo(16);
    assertThat(OtlpAnswer.rpcCode(ProblemCode.INTERNAL_ERROR)).isEqualTo(13);
    assertThat(OtlpAnswer.rpcCode(ProblemCode.BODY_TOO_LARGE)).isEqualTo(3);
  }
}
