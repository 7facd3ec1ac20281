package dev.tokenledger.alerting.admission;

import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.platform.identity.ApiKeys;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The API keys that somebody names by their ids. One that is not the tenant's is a mistake that
 * would otherwise stay unseen: nothing is ever spent by it. Thread-safe.
 */
@ApplicationScoped
public class NamedKeys {
  /** The dimension in scopes, filters and questions. */
  public static final String DIMENSION = "api_key";

  /** What the ledger has beside ids. */
  private static final Set<String> NO_KEY = Set.of(DimensionValues.NONE, DimensionValues.OTHER);

  private final ApiKeys keys;

  NamedKeys(ApiKeys keys) {
    this.keys = keys;
  }

  /** Whether a key is known to be the tenant's without blocking. */
  public boolean knows(int tenantId, String keyId) {
    return keys.knows(tenantId, keyId);
  }

  /**
   * Checks the keys among the values of a scope or of filters. Blocks for one that is not known
   * yet.
   *
   * @param field what the caller has sent them in
   * @throws ProblemException if one of them is none of the tenant's
   */
  public void check(int tenantId, String field, Map<String, List<String>> values) {
    for (String id : values.getOrDefault(DIMENSION, List.of())) {
      if (!NO_KEY.contains(id)) {
        check(tenantId, field, id);
      }
    }
  }

  /**
   * Checks one key. Blocks if it is not known yet.
   *
   * @throws ProblemException if it is none of the tenant's
   */
  public void check(int tenantId, String field, String keyId) {
    if (!keys.exists(tenantId, keyId)) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "There is no API key '"
                  + shown(keyId)
                  + "'. Keys are named by their ids, as GET /v1/keys lists them; not by their names,"
                  + " and never by what is secret of them.")
          .with("field", field);
    }
  }

  /** Not more than the length of an id, should it be a secret by mistake. */
  private static String shown(String keyId) {
    return keyId.length() > 24 ? keyId.substring(0, 8) + "…" : keyId;
  }
}
