package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.admission.AdmissionCache;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Asks whether a call may be made. */
@Path("/v1/budgets/authorize")
@NonBlocking
@Tag(name = "Budgets", description = "What may be spent, and what was")
public class AuthorizationResource {
  private static final String TOKENS =
      """
      {"agent": "support-bot", "user": "alice@example.com", "provider": "openai",
       "model": "gpt-4o", "max_input_tokens": 2000, "max_output_tokens": 500, "reserve": true}""";

  private static final String COST =
      """
      {"feature": "search", "model": "my-model", "estimated_cost_usd": "0.05", "reserve": true,
       "session": "s-1", "tool": "fetch", "tool_arguments_hash": "9f2c"}""";

  private final CurrentCaller caller;
  private final Authorizer authorizer;
  private final AdmissionCache door;
  private final NamedKeys keys;

  AuthorizationResource(
      CurrentCaller caller, Authorizer authorizer, AdmissionCache door, NamedKeys keys) {
    this.caller = caller;
    this.authorizer = authorizer;
    this.door = door;
    this.keys = keys;
  }

  /**
   * A call that is about to be made.
   *
   * @param apiKey the id of the key that makes the call, as {@code /v1/keys} lists it: the caller's
   *     unless it is said, and another only for a caller with the scope admin
   * @param estimatedCostUsd what it is expected to cost; else it is estimated from the model and
   *     the limits of tokens
   * @param reserve whether the estimate is held until the call is reported
   * @param leaseSeconds how long it is held at most; 600 unless it is said
   * @param toolArgumentsHash any digest of the arguments of the tool that leads to the call
   */
  public record Question(
      @Nullable String project,
      @Nullable String environment,
      @Nullable String provider,
      @Nullable String model,
      @Nullable String agent,
      @Nullable String feature,
      @Nullable String prompt,
      @Nullable String user,
      @Nullable String session,
      @Nullable String apiKey,
      @Nullable Map<String, String> tags,
      @Nullable String estimatedCostUsd,
      @Nullable Long maxInputTokens,
      @Nullable Long maxOutputTokens,
      @Nullable String serviceTier,
      @Nullable Boolean reserve,
      @Nullable Long leaseSeconds,
      @Nullable String traceId,
      @Nullable String spanId,
      @Nullable String runId,
      @Nullable Integer depth,
      @Nullable String tool,
      @Nullable String toolArgumentsHash) {}

  @POST
  @RolesAllowed({Scope.INGEST_ROLE, Scope.ADMIN_ROLE})
  @Operation(
      summary = "May this call be made?",
      description =
          "Decides over all budgets and loop guards that the call counts against, at once. With"
              + " 'reserve', the estimate is held until the call is reported with the answer's"
              + " reservation_id, or with the trace and span given here; what is never reported ends"
              + " with its lease. The call counts as one by the key that asks; one with the scope"
              + " admin may name another by its id in 'api_key'. However many callers ask at the same time, together they are never"
              + " given more than is left. A denial is an answer too: the status is 200.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = {
                @ExampleObject(name = "By limits of tokens", value = TOKENS),
                @ExampleObject(name = "By cost", value = COST)
              }))
  public CompletionStage<AuthorizationAnswer> authorize(@Nullable Question question) {
    Caller who = caller.get();
    Question asked = question == null ? NOTHING : question;
    return authorizer
        .decide(who, asked.apiKey(), () -> request(who, asked))
        .thenApply(AuthorizationAnswer::of);
  }

  private static final Question NOTHING =
      new Question(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null, null, null, null);

  private AuthorizationRequest request(Caller who, Question asked) {
    return new AuthorizationRequestBuilder(who, door, keys)
        .add("project", asked.project())
        .add("environment", asked.environment())
        .add("provider", asked.provider())
        .add("model", asked.model())
        .add("agent", asked.agent())
        .add("feature", asked.feature())
        .add("prompt", asked.prompt())
        .add("user", asked.user())
        .add("session", asked.session())
        .add(NamedKeys.DIMENSION, asked.apiKey())
        .addTags(asked.tags())
        .request(
            new AuthorizationRequestBuilder.Details(
                asked.estimatedCostUsd(),
                asked.maxInputTokens(),
                asked.maxOutputTokens(),
                asked.serviceTier(),
                Boolean.TRUE.equals(asked.reserve()),
                asked.leaseSeconds(),
                asked.traceId(),
                asked.spanId(),
                asked.runId(),
                asked.depth(),
                asked.tool(),
                asked.toolArgumentsHash()));
  }
}
