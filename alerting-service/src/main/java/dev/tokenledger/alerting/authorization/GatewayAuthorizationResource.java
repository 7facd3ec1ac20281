package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.admission.AdmissionCache;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.Problem;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * The same decision for gateways that ask before they pass a request on: nginx ({@code
 * auth_request}) and Envoy ({@code ext_authz} over HTTP, which appends the original path and keeps
 * the method).
 */
@Path("/v1/budgets/authorize/gateway{path:(/.*)?}")
@NonBlocking
@RolesAllowed({Scope.INGEST_ROLE, Scope.ADMIN_ROLE})
@Tag(name = "Budgets", description = "What may be spent, and what was")
public class GatewayAuthorizationResource {
  private static final String PREFIX = "x-tokenledger-";

  /** W3C trace context: version, trace id, parent id, flags. */
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}.*");

  private final CurrentCaller caller;
  private final Authorizer authorizer;
  private final AdmissionCache door;
  private final NamedKeys keys;

  GatewayAuthorizationResource(
      CurrentCaller caller, Authorizer authorizer, AdmissionCache door, NamedKeys keys) {
    this.caller = caller;
    this.authorizer = authorizer;
    this.door = door;
    this.keys = keys;
  }

  @GET
  @Operation(
      summary = "May this request pass? For gateways",
      description =
          "204 when it may, 403 when it may not. What the call is for comes in headers:"
              + " x-tokenledger-model, -provider, -agent, -feature, -prompt, -user, -session,"
              + " -environment, -max-input-tokens, -max-output-tokens, -estimated-cost-usd, -tier,"
              + " -run-id, -depth, -tool, -tool-arguments-hash, -reserve, -lease-seconds, and"
              + " -api-key with the id of another key than the gateway's, which then needs the scope"
              + " admin; the trace in traceparent. A 204 has x-tokenledger-reservation-id, a 403"
              + " x-tokenledger-reason.")
  public CompletionStage<Response> get(@Context HttpHeaders headers) {
    return authorize(headers);
  }

  @POST
  @Operation(hidden = true)
  public CompletionStage<Response> post(@Context HttpHeaders headers) {
    return authorize(headers);
  }

  @PUT
  @Operation(hidden = true)
  public CompletionStage<Response> put(@Context HttpHeaders headers) {
    return authorize(headers);
  }

  @PATCH
  @Operation(hidden = true)
  public CompletionStage<Response> patch(@Context HttpHeaders headers) {
    return authorize(headers);
  }

  @DELETE
  @Operation(hidden = true)
  public CompletionStage<Response> delete(@Context HttpHeaders headers) {
    return authorize(headers);
  }

  private CompletionStage<Response> authorize(HttpHeaders headers) {
    Caller who = caller.get();
    return authorizer
        .decide(who, header(headers, "api-key"), () -> request(who, headers))
        .thenApply(GatewayAuthorizationResource::answer);
  }

  private static Response answer(Decision decision) {
    Response.ResponseBuilder answer;
    if (decision.allowed()) {
      answer = Response.noContent();
    } else {
      answer =
          Response.status(403)
              .type(Problem.MEDIA_TYPE)
              .entity(problem(AuthorizationAnswer.of(decision)));
    }
    if (decision.reservation() != null) {
      answer
          .header(PREFIX + "reservation-id", decision.reservation())
          .header(PREFIX + "expires-at", decision.expiresAt());
    }
    if (decision.reason() != null) {
      answer
          .header(PREFIX + "reason", decision.reason().name().toLowerCase(Locale.ROOT))
          .header(PREFIX + "bound", decision.bound());
    }
    if (decision.degraded()) {
      answer.header(PREFIX + "degraded", "true");
    }
    return answer.build();
  }

  private static Problem problem(AuthorizationAnswer answer) {
    String code = String.valueOf(answer.reason());
    Map<String, Object> more = new HashMap<>();
    more.put("budgets", answer.budgets());
    if (answer.bound() != null) {
      more.put("bound", answer.bound());
    }
    return new Problem(
        "/problems/" + code,
        "The call may not be made",
        403,
        String.valueOf(answer.message()),
        code,
        more);
  }

  private AuthorizationRequest request(Caller who, HttpHeaders headers) {
    String trace = null;
    String span = null;
    String traceparent = headers.getHeaderString("traceparent");
    if (traceparent != null) {
      Matcher matcher = TRACEPARENT.matcher(traceparent.strip());
      if (matcher.matches()) {
        trace = matcher.group(1);
        span = matcher.group(2);
      }
    }
    String reserve = header(headers, "reserve");
    return new AuthorizationRequestBuilder(who, door, keys)
        .add("project", header(headers, "project"))
        .add("environment", header(headers, "environment"))
        .add("provider", header(headers, "provider"))
        .add("model", header(headers, "model"))
        .add("agent", header(headers, "agent"))
        .add("feature", header(headers, "feature"))
        .add("prompt", header(headers, "prompt"))
        .add("user", header(headers, "user"))
        .add("session", header(headers, "session"))
        .add(NamedKeys.DIMENSION, header(headers, "api-key"))
        .request(
            new AuthorizationRequestBuilder.Details(
                header(headers, "estimated-cost-usd"),
                number(headers, "max-input-tokens"),
                number(headers, "max-output-tokens"),
                header(headers, "tier"),
                reserve == null || !reserve.equals("false"),
                number(headers, "lease-seconds"),
                trace,
                span,
                header(headers, "run-id"),
                depth(headers),
                header(headers, "tool"),
                header(headers, "tool-arguments-hash")));
  }

  private static @Nullable Integer depth(HttpHeaders headers) {
    Long depth = number(headers, "depth");
    return depth == null ? null : (int) Math.min(depth, Integer.MAX_VALUE);
  }

  private static @Nullable String header(HttpHeaders headers, String name) {
    String value = headers.getHeaderString(PREFIX + name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static @Nullable Long number(HttpHeaders headers, String name) {
    String value = header(headers, name);
    if (value == null) {
      return null;
    }
    try {
      return Long.valueOf(value);
    } catch (NumberFormatException e) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER,
              "The header " + PREFIX + name + " must be a whole number.",
              e)
          .with("parameter", PREFIX + name);
    }
  }
}
