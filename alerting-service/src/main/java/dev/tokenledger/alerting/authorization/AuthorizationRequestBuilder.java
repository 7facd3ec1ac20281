package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.admission.AdmissionCache;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.query.QueryDimension;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a request of what a caller sends, as JSON or in headers; checks all of it. */
final class AuthorizationRequestBuilder {
  private static final int MAX_TEXT = 256;
  private static final int MAX_TAGS = 20;
  private static final long MAX_TOKENS = 1_000_000_000L;

  /** How long an estimate is held when the caller does not say: longer than most calls take. */
  private static final Duration LEASE = Duration.ofMinutes(10);

  private static final Duration LONGEST_LEASE = Duration.ofHours(24);

  private final Caller caller;
  private final AdmissionCache door;
  private final NamedKeys keys;
  private final Map<String, String> subject = new HashMap<>();

  AuthorizationRequestBuilder(Caller caller, AdmissionCache door, NamedKeys keys) {
    this.caller = caller;
    this.door = door;
    this.keys = keys;
  }

  /**
   * Adds a value of a dimension, if there is one.
   *
   * @throws ProblemException if it is too long
   */
  AuthorizationRequestBuilder add(String dimension, @Nullable String value) {
    if (value == null || value.isBlank()) {
      return this;
    }
    if (value.length() > MAX_TEXT) {
      throw invalid(dimension, "'" + dimension + "' has more than " + MAX_TEXT + " characters.");
    }
    subject.put(
        dimension, dimension.equals("user") ? door.pseudonym(caller.tenantId(), value) : value);
    return this;
  }

  AuthorizationRequestBuilder addTags(@Nullable Map<String, String> tags) {
    if (tags == null) {
      return this;
    }
    if (tags.size() > MAX_TAGS) {
      throw invalid("tags", "A call has " + MAX_TAGS + " tags at most.");
    }
    tags.forEach(
        (key, value) -> {
          String dimension = "tags." + key;
          if (QueryDimension.find(dimension).isEmpty()) {
            throw invalid("tags", "A tag's key has 1 to 64 characters.");
          }
          add(dimension, value);
        });
    return this;
  }

  AuthorizationRequest request(Details details) {
    if (caller.project() != null) {
      String named = subject.get("project");
      if (named != null && !named.equals(caller.project())) {
        throw new ProblemException(
            ProblemCode.FORBIDDEN,
            "The key is for project '" + caller.project() + "' and cannot ask for another one.");
      }
      subject.put("project", caller.project());
    }
    nameKey();
    subject.put("type", "model_call");
    return new AuthorizationRequest(
        caller.tenantId(),
        subject,
        cost(details.estimatedCostUsd()),
        tokens("max_input_tokens", details.maxInputTokens()),
        tokens("max_output_tokens", details.maxOutputTokens()),
        details.serviceTier(),
        details.reserve(),
        lease(details.leaseSeconds()),
        id("trace_id", details.traceId()),
        id("span_id", details.spanId()),
        id("run_id", details.runId()),
        depth(details.depth()),
        tool(details.tool(), details.toolArgumentsHash()));
  }

  /** The call is made with the caller's key, unless one who may do so asks for another. */
  private void nameKey() {
    String own = caller.apiKey();
    String named = subject.get(NamedKeys.DIMENSION);
    if (named == null) {
      if (own != null) {
        subject.put(NamedKeys.DIMENSION, own);
      }
    } else if (!named.equals(own)) {
      if (!caller.scopes().contains(Scope.ADMIN)) {
        throw new ProblemException(
            ProblemCode.FORBIDDEN,
            "Only a key with the scope admin can ask for another key. Leave 'api_key' out to ask for"
                + " this one.");
      }
      keys.check(caller.tenantId(), NamedKeys.DIMENSION, named);
    }
  }

  /** What is asked beside the dimensions, as it was sent. */
  record Details(
      @Nullable String estimatedCostUsd,
      @Nullable Long maxInputTokens,
      @Nullable Long maxOutputTokens,
      @Nullable String serviceTier,
      boolean reserve,
      @Nullable Long leaseSeconds,
      @Nullable String traceId,
      @Nullable String spanId,
      @Nullable String runId,
      @Nullable Integer depth,
      @Nullable String tool,
      @Nullable String toolArgumentsHash) {}

  private static @Nullable Long cost(@Nullable String usd) {
    if (usd == null) {
      return null;
    }
    try {
      long nanos = Money.ofUsd(usd.strip()).nanos();
      if (nanos >= 0 && nanos <= Estimate.MOST_NANOS) {
        return nanos;
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "'estimated_cost_usd' must be dollars as text: \"0.25\".",
              e)
          .with("field", "estimated_cost_usd");
    }
    throw invalid("estimated_cost_usd", "'estimated_cost_usd' must be from 0 to 1000000.");
  }

  private static @Nullable Long tokens(String field, @Nullable Long tokens) {
    if (tokens != null && (tokens < 0 || tokens > MAX_TOKENS)) {
      throw invalid(field, "'" + field + "' must be from 0 to " + MAX_TOKENS + ".");
    }
    return tokens;
  }

  private static Duration lease(@Nullable Long seconds) {
    if (seconds == null) {
      return LEASE;
    }
    if (seconds < 1 || seconds > LONGEST_LEASE.toSeconds()) {
      throw invalid(
          "lease_seconds", "'lease_seconds' must be from 1 to " + LONGEST_LEASE.toSeconds() + ".");
    }
    return Duration.ofSeconds(seconds);
  }

  private static @Nullable String id(String field, @Nullable String id) {
    if (id == null || id.isBlank()) {
      return null;
    }
    if (id.length() > MAX_TEXT) {
      throw invalid(field, "'" + field + "' has more than " + MAX_TEXT + " characters.");
    }
    return id;
  }

  private static @Nullable Integer depth(@Nullable Integer depth) {
    if (depth != null && (depth < 1 || depth > 10_000)) {
      throw invalid("depth", "'depth' must be from 1 to 10000.");
    }
    return depth;
  }

  private static @Nullable String tool(@Nullable String tool, @Nullable String hash) {
    String name = id("tool", tool);
    String digest = id("tool_arguments_hash", hash);
    if (name == null) {
      return null;
    }
    return digest == null ? name : name + "#" + digest;
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
