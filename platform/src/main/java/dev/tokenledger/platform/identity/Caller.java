package dev.tokenledger.platform.identity;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The authenticated caller of a request.
 *
 * @param tenantId the tenant on whose rows the request works; never taken from the request itself
 * @param tenant the tenant's name
 * @param project the project the credentials are bound to, or null for the whole tenant
 * @param actor who it is, for audit: {@code key:<key id>}
 * @param scopes what the caller may do
 */
public record Caller(
    int tenantId, String tenant, @Nullable String project, String actor, Set<Scope> scopes) {
  /** The attribute of a {@code SecurityIdentity} that holds the caller. */
  static final String ATTRIBUTE = "tokenledger.caller";

  /** What the actor begins with who has called by an API key. */
  static final String KEY_ACTOR = "key:";

  public Caller {
    scopes = Set.copyOf(scopes);
  }

  /** The id of the API key by which the call came, or null when it came by none. */
  public @Nullable String apiKey() {
    return actor.startsWith(KEY_ACTOR) ? actor.substring(KEY_ACTOR.length()) : null;
  }
}
