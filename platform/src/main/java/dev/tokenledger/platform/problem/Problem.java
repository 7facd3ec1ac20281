package dev.tokenledger.platform.problem;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;

/**
 * An error answer, RFC 9457.
 *
 * @param type identifies the kind of problem; a path below the documentation of errors
 * @param title the same for every occurrence of the code
 * @param status the HTTP status
 * @param detail what was wrong this time, where, and what to do
 * @param code the stable code for programs
 * @param extensions further members, such as the parameter it is about
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
    String type,
    String title,
    int status,
    String detail,
    String code,
    @JsonAnyGetter Map<String, Object> extensions) {
  public static final String MEDIA_TYPE = "application/problem+json";

  static Problem of(ProblemCode code, String detail, Map<String, Object> extensions) {
    return new Problem(
        "/problems/" + code.label(), code.title(), code.status(), detail, code.label(), extensions);
  }
}
