package dev.tokenledger.platform.problem;

import java.util.Locale;

/**
 * Every error that a client can see, with its HTTP status and whose fault it is. The label is part
 * of the public API: constants are added, never renamed.
 */
public enum ProblemCode {
  MALFORMED_BODY(400, Kind.CALLER, "The body cannot be read"),
  INVALID_UTF8(400, Kind.CALLER, "The body is not valid UTF-8"),
  INVALID_PARAMETER(400, Kind.CALLER, "A parameter is not valid"),
  INVALID_FIELD(400, Kind.CALLER, "A field is not valid"),
  BODY_TIMEOUT(408, Kind.CALLER, "The body did not come in time"),
  TOO_MANY_EVENTS(413, Kind.CALLER, "Too many events in one request"),
  BODY_TOO_LARGE(413, Kind.CALLER, "The body is too large"),
  DECOMPRESSED_TOO_LARGE(413, Kind.CALLER, "The body is too large once decompressed"),
  TOO_LARGE_ANSWER(413, Kind.CALLER, "The answer would be too large"),
  UNSUPPORTED_MEDIA_TYPE(415, Kind.CALLER, "The content type is not supported"),
  UNSUPPORTED_ENCODING(415, Kind.CALLER, "The content encoding is not supported"),
  UNAUTHENTICATED(401, Kind.CALLER, "No valid credentials"),
  KEY_REVOKED(401, Kind.CALLER, "The API key was revoked"),
  KEY_EXPIRED(401, Kind.CALLER, "The API key has expired"),
  FORBIDDEN(403, Kind.CALLER, "The credentials do not allow this"),
  NOT_FOUND(404, Kind.CALLER, "Not found"),
  METHOD_NOT_ALLOWED(405, Kind.CALLER, "The method is not allowed here"),
  NOT_ACCEPTABLE(406, Kind.CALLER, "No representation that the client accepts"),
  CONFLICT(409, Kind.CALLER, "The request conflicts with what is there"),
  QUOTA_EXCEEDED(429, Kind.NO_CAPACITY, "The quota is used up"),
  QUEUE_FULL(503, Kind.NO_CAPACITY, "The queue is full"),
  BUSY(503, Kind.NO_CAPACITY, "Too much is being worked on"),
  TOO_SLOW(503, Kind.NO_CAPACITY, "The question took too long"),
  STORE_UNAVAILABLE(503, Kind.NO_CAPACITY, "A store cannot be reached"),
  NOT_READY(503, Kind.NO_CAPACITY, "The service is not ready"),
  INTERNAL_ERROR(500, Kind.OURS, "Something went wrong on our side");

  /** Whose fault an error is; a tag of the error metrics. */
  public enum Kind {
    CALLER,
    OURS,
    NO_CAPACITY
  }

  private final int status;
  private final Kind kind;
  private final String title;

  ProblemCode(int status, Kind kind, String title) {
    this.status = status;
    this.kind = kind;
    this.title = title;
  }

  public int status() {
    return status;
  }

  public Kind kind() {
    return kind;
  }

  /** The problem's {@code title}: the same for every occurrence. */
  public String title() {
    return title;
  }

  /** The stable {@code code} in the answer, such as {@code body_too_large}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
