package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

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
 * <p>Stateless and without side effects. A body that is broken as a whole, or has more spans than a
 * request may have, ends in a {@link ProblemException}; no input ends otherwise.
 */
@ApplicationScoped
public class OtlpTraceDecoder {
  private static final int DEFAULT_MAX_SPANS = 10_000;

  private final int maxSpans;

  @Inject
  public OtlpTraceDecoder(IngestConfig config) {
    this(config.maxEvents());
  }

  /** For as many spans a request as the settings have where nobody has changed them. */
  public OtlpTraceDecoder() {
    this(DEFAULT_MAX_SPANS);
  }

  OtlpTraceDecoder(int maxSpans) {
    this.maxSpans = maxSpans;
  }

  /** Reads the spans of a request in one encoding. */
  private interface Encoding {
    void read(Body body, Envelope envelope, SpanSink sink);
  }

  /**
   * @param body an {@code ExportTraceServiceRequest}, protobuf encoding
   * @throws ProblemException {@link ProblemCode#TOO_MANY_EVENTS} as soon as there is a span too
   *     many
   */
  public Decoded decodeProtobuf(Body body) {
    return decode(body, ProtobufSpans::read);
  }

  /**
   * @param body an {@code ExportTraceServiceRequest}, OTLP's JSON encoding
   * @throws ProblemException {@link ProblemCode#TOO_MANY_EVENTS} as soon as there is a span too
   *     many
   */
  public Decoded decodeJson(Body body) {
    return decode(body, JsonSpans::read);
  }

  public Decoded decodeProtobuf(byte[] body) {
    return decodeProtobuf(Body.of(body));
  }

  public Decoded decodeJson(byte[] body) {
    return decodeJson(Body.of(body));
  }

  private Decoded decode(Body body, Encoding encoding) {
    try {
      SpanSink sink = new SpanSink(body, maxSpans);
      encoding.read(body, Envelope.spans(maxSpans, null), sink);
      return sink.result();
    } catch (Envelope.Late late) {
      body.startOver();
      Envelope.Surroundings surroundings = new Envelope.Surroundings();
      SpanSink none = new SpanSink(body, 0);
      encoding.read(body, Envelope.surroundings(maxSpans, surroundings), none);
      SpanSink sink = new SpanSink(body, maxSpans);
      encoding.read(body, Envelope.spans(maxSpans, surroundings), sink);
      return sink.result();
    }
  }
}
