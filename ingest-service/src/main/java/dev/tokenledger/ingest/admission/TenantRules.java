package dev.tokenledger.ingest.admission;

import dev.tokenledger.platform.privacy.Pseudonyms;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one tenant's events are treated at the door.
 *
 * @param pseudonyms makes the tenant's pseudonyms
 * @param maskedAttributes names of attributes and tags whose values become pseudonyms
 * @param eventsPerMinute the tenant's quota, or null for none
 */
record TenantRules(
    Pseudonyms pseudonyms, Set<String> maskedAttributes, @Nullable Long eventsPerMinute) {
  TenantRules {
    maskedAttributes = Set.copyOf(maskedAttributes);
  }
}
