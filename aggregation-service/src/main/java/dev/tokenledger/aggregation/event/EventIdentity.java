package dev.tokenledger.aggregation.event;

import java.util.UUID;

/**
 * An event's identity across tenants.
 *
 * @param key 128-bit hash of the event's id
 */
public record EventIdentity(int tenantId, UUID key) {
  public static EventIdentity of(LedgerEvent event) {
    return new EventIdentity(event.tenantId(), event.key());
  }
}
