package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.event.Decoded;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Reads an OTLP trace request. Every span gives a link to its place in the trace; a span that is a
 * model call, an agent's run or a tool's call gives an event as well, and one that cannot be read a
 * rejection. A span of any other kind that reports tokens gives a model call with the id {@code
 * <trace>/<span>#usage}: whether it is counted depends on what is reported beneath it.
 *
 * <p>Agent, feature, user, session and model are said with the places of the spans: the ledger lets
 * the spans beneath inherit them, in whichever requests these come. Of attributes only a list of
 * harmless ones is kept, never text of prompts, answers or tools. Text that becomes a dimension is
 * cut at 256 characters, identifiers of others at 128.
 *
 * <p>Stateless and without side effects. A body that is broken as a whole ends in a {@link
 * ProblemException}; no input ends otherwise.
 */
@ApplicationScoped
public class OtlpTraceDecoder {

  /**
   * @param body an uncompressed {@code ExportTraceServiceRequest}, protobuf encoding
   */
  public Decoded decodeProtobuf(byte[] body) {
    SpanSink sink = new SpanSink();
    ProtobufSpans.read(body, sink);
    return sink.result();
  }

  /**
   * @param body an uncompressed {@code ExportTraceServiceRequest}, OTLP's JSON encoding
   */
  public Decoded decodeJson(byte[] body) {
    SpanSink sink = new SpanSink();
    JsonSpans.read(body, sink);
    return sink.result();
  }
}
