package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.EventIntake;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.body.BodyReader;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** OTLP/HTTP traces: what an OpenTelemetry exporter sends, answered as it expects. */
@Path("/v1/traces")
@Tag(name = "Capture", description = "Report usage")
public class OtlpTracesResource {
  private static final String EXAMPLE =
      """
      {"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat gpt-4o",
         "startTimeUnixNano": "nanos:2026-11-20T10:00:00Z", "endTimeUnixNano": "nanos:2026-11-20T10:00:01Z",
         "attributes": [
           {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
           {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
           {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
           {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1200"}},
           {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "300"}}]}]}]}]}""";

  private final EventIntake door;
  private final BodyReader bodies;
  private final OtlpTraceDecoder decoder;

  public OtlpTracesResource(EventIntake door, BodyReader bodies, OtlpTraceDecoder decoder) {
    this.door = door;
    this.bodies = bodies;
    this.decoder = decoder;
  }

  @POST
  @Blocking
  @RolesAllowed(Scope.INGEST_ROLE)
  @Consumes({OtlpAnswer.PROTOBUF, OtlpAnswer.JSON})
  @Operation(
      summary = "Report OpenTelemetry traces",
      description =
          "OTLP/HTTP, protobuf or JSON, gzip or not. Model calls, agent runs and tool executions are"
              + " read from the GenAI, OpenInference and OpenLLMetry attributes; spans that are"
              + " refused are counted in the partial success.")
  @RequestBody(
      content = {
        @Content(
            mediaType = OtlpAnswer.JSON,
            schema = @Schema(implementation = Object.class),
            examples = @ExampleObject(name = "One call", value = EXAMPLE)),
        @Content(
            mediaType = OtlpAnswer.PROTOBUF,
            schema = @Schema(type = SchemaType.STRING, format = "binary"))
      })
  @APIResponse(responseCode = "200", description = "ExportTraceServiceResponse")
  public Uni<Response> export(
      InputStream body,
      @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length) {
    boolean json = contentType.regionMatches(true, 0, OtlpAnswer.JSON, 0, OtlpAnswer.JSON.length());
    try {
      Body read = bodies.read(body, encoding, length == null ? -1 : length);
      return read.until(
          () ->
              door.admit("otlp", json ? decoder.decodeJson(read) : decoder.decodeProtobuf(read))
                  .map(result -> accepted(result.rejected(), json))
                  .onFailure(ProblemException.class)
                  .recoverWithItem(e -> refused((ProblemException) e, json)));
    } catch (ProblemException e) {
      return Uni.createFrom().item(refused(e, json));
    }
  }

  private static Response accepted(List<Rejection> rejected, boolean json) {
    return Response.ok(json ? OtlpAnswer.json(rejected) : OtlpAnswer.protobuf(rejected))
        .type(json ? OtlpAnswer.JSON : OtlpAnswer.PROTOBUF)
        .build();
  }

  /** An OTLP client reads the reason as a google.rpc.Status, in the encoding that it sent. */
  private static Response refused(ProblemException problem, boolean json) {
    Response.ResponseBuilder answer =
        Response.status(problem.code().status())
            .type(json ? OtlpAnswer.JSON : OtlpAnswer.PROTOBUF)
            .entity(json ? OtlpAnswer.json(problem) : OtlpAnswer.protobuf(problem));
    if (problem.retryAfter() != null) {
      answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, problem.retryAfter().toSeconds()));
    }
    return answer.build();
  }
}
