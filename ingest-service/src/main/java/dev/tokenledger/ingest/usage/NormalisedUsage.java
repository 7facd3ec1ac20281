package dev.tokenledger.ingest.usage;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.TokenUsage;
import java.util.Set;

/**
 * Usage in the ledger's meaning.
 *
 * @param flags what had to be decided on the way; empty for a report that is plain
 */
public record NormalisedUsage(TokenUsage tokens, BillableUnits units, Set<UsageFlag> flags) {
  public NormalisedUsage {
    flags = Set.copyOf(flags);
  }
}
