package dev.tokenledger.alerting.reservation;

/**
 * Budgets or loop guards of a tenant were changed; fired when the change is committed.
 *
 * @param tenantId whose
 */
public record GuardChanged(int tenantId) {}
