package dev.tokenledger.alerting.authorization;

/** The names of a tenant's keys in Redis; one hash tag, so that a cluster has them together. */
final class GuardKeys {
  private GuardKeys() {}

  static String state(int tenantId) {
    return "tl:{guard:" + tenantId + "}:state";
  }

  static String leases(int tenantId) {
    return "tl:{guard:" + tenantId + "}:leases";
  }

  static String reservations(int tenantId) {
    return "tl:{guard:" + tenantId + "}:reservations";
  }

  /** The counter of a loop guard for one session, trace or run. */
  static String loop(int tenantId, LoopGuard guard, String id) {
    return "tl:{guard:" + tenantId + "}:loop:" + guard.id() + ":" + id;
  }
}
