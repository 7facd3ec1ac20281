package dev.tokenledger.platform.identity;

import io.quarkus.security.UnauthorizedException;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.ApplicationScoped;

/** The caller of the request being served. */
@ApplicationScoped
public class CurrentCaller {
  private final SecurityIdentity identity;

  public CurrentCaller(SecurityIdentity identity) {
    this.identity = identity;
  }

  /**
   * @throws UnauthorizedException if nobody is authenticated; endpoints that need a caller declare
   *     the scopes they need, so this does not happen there
   */
  public Caller get() {
    Caller caller = identity.getAttribute(Caller.ATTRIBUTE);
    if (caller == null) {
      throw new UnauthorizedException();
    }
    return caller;
  }
}
