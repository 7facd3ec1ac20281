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

  public Caller {
    scopes = Set.copyOf(scopes);
  }
}
