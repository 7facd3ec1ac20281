package dev.tokenledger.platform.problem;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** The one place where failures become answers. */
public class ProblemMapper {
  private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

  /**
   * Numbers out of range, times that are none or out of range, text that is too long, is no number
   * or has characters that no text may have. Not all of class 22: a division by zero is our fault.
   */
  private static final Set<String> VALUE_REFUSED =
      Set.of("22001", "22003", "22007", "22008", "22021", "22P02", "22P05");

  private final MeterRegistry metrics;

  ProblemMapper(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  @ServerExceptionMapper
  public Response problem(ProblemException e) {
    if (e.code().kind() != ProblemCode.Kind.CALLER) {
      LOG.warnf(e.getCause(), "request ended with %s: %s", e.code().label(), e.getMessage());
    }
    return answer(e.code(), String.valueOf(e.getMessage()), e.extensions(), e.retryAfter());
  }

  @ServerExceptionMapper
  public Response unauthenticated(UnauthorizedException e) {
    Response answer = unauthenticated();
    answer.getHeaders().add(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"tokenledger\"");
    return answer;
  }

  /** The mechanism that refused the credentials has added its challenge. */
  @ServerExceptionMapper
  public Response failed(AuthenticationFailedException e) {
    return e.getCause() instanceof ProblemException problem ? problem(problem) : unauthenticated();
  }

  private Response unauthenticated() {
    return answer(
        ProblemCode.UNAUTHENTICATED,
        "Send a valid API key as 'Authorization: Bearer <key>'. The first keys are in"
            + " bootstrap.env in the data directory.",
        Map.of(),
        null);
  }

  @ServerExceptionMapper
  public Response forbidden(ForbiddenException e) {
    return answer(
        ProblemCode.FORBIDDEN,
        "The credentials are valid but lack the scope that this needs.",
        Map.of(),
        null);
  }

  /**
   * Named beside its parent, for which the framework has an answer of its own that says nothing.
   */
  @ServerExceptionMapper
  public Response unbound(MismatchedInputException e) {
    return json(e);
  }

  /** JSON that cannot be bound to what an endpoint takes. */
  @ServerExceptionMapper
  public Response json(JacksonException e) {
    if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      String field =
          mapping.getPath().stream()
              .map(
                  part ->
                      part.getFieldName() == null
                          ? "[" + part.getIndex() + "]"
                          : part.getFieldName())
              .collect(Collectors.joining("."));
      return answer(
          ProblemCode.INVALID_FIELD,
          "The field '" + field + "' is not valid: " + original(e),
          Map.of("field", field),
          null);
    }
    return answer(
        ProblemCode.MALFORMED_BODY, "The body is not valid JSON: " + original(e), Map.of(), null);
  }

  /** The message without the source, which would repeat the body. */
  private static String original(JacksonException e) {
    String text =
        e instanceof JsonProcessingException processing
            ? processing.getOriginalMessage()
            : e.getMessage();
    String line = String.valueOf(text).lines().findFirst().orElse("");
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  @ServerExceptionMapper
  public Response web(WebApplicationException e, UriInfo uri) {
    if (e.getCause() instanceof JacksonException json) {
      return json(json);
    }
    if (e.getCause() instanceof ProblemException problem) {
      return problem(problem);
    }
    int status = e.getResponse().getStatus();
    String parameter = status == 404 ? unreadable(e, uri) : null;
    if (parameter != null) {
      return answer(
          ProblemCode.INVALID_PARAMETER,
          "The parameter '"
              + parameter
              + "' is not of the kind that is due, such as a number or an id.",
          Map.of("parameter", parameter),
          null);
    }
    return switch (status) {
      case 404 ->
          answer(
              ProblemCode.NOT_FOUND,
              "There is nothing at this address. /openapi lists what there is.",
              Map.of(),
              null);
      case 405 ->
          answer(
              ProblemCode.METHOD_NOT_ALLOWED,
              "This address does not take that method. /openapi lists what it takes.",
              Map.of(),
              null);
      case 406 ->
          answer(
              ProblemCode.NOT_ACCEPTABLE,
              "None of the accepted media types can be produced here.",
              Map.of(),
              null);
      case 415 ->
          answer(
              ProblemCode.UNSUPPORTED_MEDIA_TYPE,
              "The Content-Type is not one that this address reads.",
              Map.of(),
              null);
      case 413 -> answer(ProblemCode.BODY_TOO_LARGE, "Send less in one request.", Map.of(), null);
      default ->
          status >= 400 && status < 500
              ? answer(ProblemCode.MALFORMED_BODY, "The request cannot be read.", Map.of(), null)
              : internal(e);
    };
  }

  @ServerExceptionMapper
  public Response internal(Throwable e) {
    String state = refusedByStore(e);
    if (state != null) {
      // The second line: the field should have been refused by its name, before the store saw it.
      LOG.warnf(e, "the database refuses a value of a request, SQLSTATE %s", state);
      return answer(
          ProblemCode.INVALID_FIELD,
          "A value of the request cannot be stored: a number or time is out of range, or a text has"
              + " characters that no text may have.",
          Map.of(),
          null);
    }
    LOG.error("request failed", e);
    return answer(
        ProblemCode.INTERNAL_ERROR,
        "The request was not carried out. The service's log has the reason.",
        Map.of(),
        null);
  }

  /**
   * The parameter of the query that could not be made what the endpoint takes, or null. The
   * framework says that there is no such address, which is true of a path alone.
   */
  private static @Nullable String unreadable(WebApplicationException e, UriInfo uri) {
    String reason = e.getCause() == null ? null : e.getCause().getMessage();
    if (reason == null) {
      return null;
    }
    for (Map.Entry<String, List<String>> parameter : uri.getQueryParameters().entrySet()) {
      for (String value : parameter.getValue()) {
        if (reason.contains(value)) {
          return parameter.getKey();
        }
      }
    }
    return null;
  }

  /** The SQLSTATE with which Postgres says that a value is one that it cannot have, or null. */
  private static @Nullable String refusedByStore(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && VALUE_REFUSED.contains(sql.getSQLState() + "")) {
        return sql.getSQLState();
      }
    }
    return null;
  }

  private Response answer(
      ProblemCode code,
      String detail,
      Map<String, Object> extensions,
      @Nullable Duration retryAfter) {
    metrics
        .counter(
            "tokenledger.problems",
            "code",
            code.label(),
            "kind",
            code.kind().name().toLowerCase(java.util.Locale.ROOT))
        .increment();
    Response.ResponseBuilder answer =
        Response.status(code.status())
            .type(Problem.MEDIA_TYPE)
            .entity(Problem.of(code, detail, extensions));
    if (retryAfter != null) {
      answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, retryAfter.toSeconds()));
    }
    return answer.build();
  }
}
