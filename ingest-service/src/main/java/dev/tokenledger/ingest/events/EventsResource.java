package dev.tokenledger.ingest.events;

import dev.tokenledger.ingest.EventIntake;
import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.body.BodyReader;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** The native batch API. */
@Path("/v1/events")
@Tag(name = "Capture", description = "Report usage")
public class EventsResource {
  private static final String EXAMPLE =
      """
      [{"id": "call-7f3", "type": "model_call", "time": "2026-11-20T10:00:00.123Z",
        "provider": "openai", "model": "gpt-4o", "agent": "support-bot",
        "usage": {"input_tokens": 1200, "output_tokens": 300, "cached_input_tokens": 800},
        "latency_ms": 1850, "status": "success"}]""";

  private final EventIntake door;
  private final BodyReader bodies;
  private final NativeDecoder decoder;

  public EventsResource(EventIntake door, BodyReader bodies, IngestConfig config) {
    this.door = door;
    this.bodies = bodies;
    this.decoder = new NativeDecoder(config.maxEvents());
  }

  @POST
  @Blocking
  @RolesAllowed(Scope.INGEST_ROLE)
  @ResponseStatus(202)
  @Consumes(MediaType.WILDCARD)
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Report events",
      description =
          "Takes a JSON array of events, an object with 'events', newline-delimited JSON"
              + " (application/x-ndjson) or CloudEvents (application/cloudevents+json and"
              + " -batch+json); gzip or zstd. Each event is accepted or rejected on its own."
              + " 202 means that the accepted events are durable. Sending a request again is safe.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(implementation = Object.class),
              examples = @ExampleObject(name = "One model call", value = EXAMPLE)))
  @APIResponse(
      responseCode = "202",
      description = "The accepted events are durable",
      content = @Content(schema = @Schema(implementation = EventsAnswer.class)))
  @APIResponse(responseCode = "400", description = "The body as a whole cannot be read")
  @APIResponse(responseCode = "413", description = "More than 10,000 events or 16 MiB")
  @APIResponse(responseCode = "503", description = "Nothing was taken; try again")
  public Uni<EventsAnswer> report(
      InputStream body,
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length) {
    Form form = Form.of(contentType);
    Body read = bodies.read(body, encoding, length == null ? -1 : length);
    return read.until(
        () -> {
          Decoded decoded =
              switch (form) {
                case JSON -> decoder.json(read);
                case LINES -> decoder.lines(read);
                case CLOUD_EVENTS -> decoder.cloudEvents(read);
              };
          return door.admit(form.source, decoded).map(EventsAnswer::of);
        });
  }

  private enum Form {
    JSON("native"),
    LINES("native"),
    CLOUD_EVENTS("cloudevents");

    private final String source;

    Form(String source) {
      this.source = source;
    }

    private static Form of(@Nullable String contentType) {
      String type =
          contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
      return switch (type) {
        // A form type is what curl -d sends when nothing else is said.
        case "",
            "application/json",
            "text/json",
            "text/plain",
            "application/octet-stream",
            "application/x-www-form-urlencoded" ->
            JSON;
        case "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonlines" ->
            LINES;
        case "application/cloudevents+json", "application/cloudevents-batch+json" -> CLOUD_EVENTS;
        default ->
            throw new ProblemException(
                ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                "Content-Type '"
                    + (type.length() > 60 ? type.substring(0, 60) : type)
                    + "' is not read here. Send application/json, application/x-ndjson or"
                    + " application/cloudevents+json.");
      };
    }
  }
}
