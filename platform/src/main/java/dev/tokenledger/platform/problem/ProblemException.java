package dev.tokenledger.platform.problem;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ends a request with a problem. The detail is read by people who have to change something: it says
 * what was wrong, where, and what to do, and never carries secrets or payload text.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ProblemCode code;
  private final @Nullable Duration retryAfter;
  private final transient Map<String, Object> extensions;

  public ProblemException(ProblemCode code, String detail) {
    this(code, detail, null, Map.of(), null);
  }

  public ProblemException(ProblemCode code, String detail, @Nullable Throwable cause) {
    this(code, detail, null, Map.of(), cause);
  }

  private ProblemException(
      ProblemCode code,
      String detail,
      @Nullable Duration retryAfter,
      Map<String, Object> extensions,
      @Nullable Throwable cause) {
    super(detail, cause);
    this.code = code;
    this.retryAfter = retryAfter;
    this.extensions = Map.copyOf(extensions);
  }

  /** A problem that goes away by itself; the answer carries {@code Retry-After}. */
  public static ProblemException retryable(
      ProblemCode code, String detail, Duration retryAfter, @Nullable Throwable cause) {
    return new ProblemException(code, detail, retryAfter, Map.of(), cause);
  }

  /**
   * A field of the body that is not valid.
   *
   * @param field its name, with dots where it is within others
   */
  public static ProblemException invalidField(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }

  /** The same problem with further members, such as the field or parameter it is about. */
  public ProblemException with(String member, Object value) {
    Map<String, Object> more = new java.util.HashMap<>(extensions);
    more.put(member, value);
    ProblemException copy = new ProblemException(code, getMessage(), retryAfter, more, getCause());
    copy.setStackTrace(getStackTrace());
    return copy;
  }

  public ProblemCode code() {
    return code;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  public Map<String, Object> extensions() {
    return extensions == null ? Map.of() : extensions;
  }
}
