package dev.tokenledger.platform.identity;

import dev.tokenledger.platform.problem.ProblemException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Recognises API keys: {@code Authorization: Bearer}, {@code x-api-key}, and basic authentication
 * with a public and a secret key. A bearer token that is no API key is left to the next mechanism,
 * which is where access tokens come in.
 */
@ApplicationScoped
public class ApiKeyAuthentication implements HttpAuthenticationMechanism {
  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  /**
   * Takes the place of Quarkus' handler of failures once a key is recognised. While that one is
   * there, each request has the table of all resources made anew for the template of its path,
   * which is a fifth of what an authorization allocates.
   */
  private static final BiConsumer<RoutingContext, Throwable> FAIL =
      (context, failure) -> {
        if (!context.failed()) {
          context.fail(failure);
        }
      };

  private final ApiKeys keys;

  public ApiKeyAuthentication(ApiKeys keys) {
    this.keys = keys;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext context, IdentityProviderManager manager) {
    Supplier<Optional<Caller>> lookup = lookup(context);
    if (lookup == null) {
      return Uni.createFrom().nullItem();
    }
    return Uni.createFrom()
        .item(lookup)
        .onItem()
        .transformToUni(
            found ->
                found.isPresent()
                    ? Uni.createFrom().item(found)
                    // The key may have been made by another process a moment ago.
                    : Uni.createFrom()
                        .item(
                            () -> {
                              keys.reread();
                              return lookup.get();
                            })
                        .runSubscriptionOn(Infrastructure.getDefaultWorkerPool()))
        .map(
            found ->
                identity(
                    found.orElseThrow(
                        () -> new AuthenticationFailedException("the API key is not known"))))
        .invoke(() -> context.put(QuarkusHttpUser.AUTH_FAILURE_HANDLER, FAIL))
        .onFailure(ProblemException.class)
        .transform(e -> new AuthenticationFailedException(e));
  }

  /** How to look the request's credentials up, or null when it has none that are ours. */
  private @Nullable Supplier<Optional<Caller>> lookup(RoutingContext context) {
    String apiKey = context.request().getHeader("x-api-key");
    String authorization = context.request().getHeader("Authorization");
    if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, 7)) {
      String token = authorization.substring(7).trim();
      // A JSON web token has two dots; it is for the mechanism that knows its issuer.
      return token.indexOf('.') >= 0 ? null : () -> keys.bearer(token);
    }
    if (authorization != null && authorization.regionMatches(true, 0, BASIC, 0, 6)) {
      return basic(authorization.substring(6).trim());
    }
    return apiKey == null ? null : () -> keys.bearer(apiKey.trim());
  }

  private Supplier<Optional<Caller>> basic(String encoded) {
    String pair;
    try {
      pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return Optional::empty;
    }
    int colon = pair.indexOf(':');
    if (colon < 0) {
      return Optional::empty;
    }
    return () -> keys.pair(pair.substring(0, colon), pair.substring(colon + 1));
  }

  private static SecurityIdentity identity(Caller caller) {
    QuarkusSecurityIdentity.Builder builder =
        QuarkusSecurityIdentity.builder()
            .setPrincipal(new QuarkusPrincipal(caller.actor()))
            .addAttribute(Caller.ATTRIBUTE, caller);
    for (Scope scope : caller.scopes()) {
      builder.addRole(scope.label());
    }
    if (caller.scopes().contains(Scope.ADMIN)) {
      builder.addRole(Scope.INGEST_ROLE).addRole(Scope.READ_ROLE);
    }
    return builder.build();
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext context) {
    return Uni.createFrom()
        .item(new ChallengeData(401, "WWW-Authenticate", "Bearer realm=\"tokenledger\""));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of();
  }

  @Override
  public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext context) {
    return Uni.createFrom()
        .item(
            new HttpCredentialTransport(
                HttpCredentialTransport.Type.AUTHORIZATION, "bearer", "API key"));
  }
}
