package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.loopguard.LoopGuard;
import java.util.List;
import java.util.UUID;

/** The names of a tenant's keys in Redis; one hash tag, so that a cluster has them together. */
public final class GuardKeys {
  /** The client of the Redis that has them. */
  public static final String REDIS = "guard";

  private GuardKeys() {}

  private static String state(int tenantId) {
    return "tl:{guard:" + tenantId + "}:state";
  }

  static String leases(int tenantId) {
    return "tl:{guard:" + tenantId + "}:leases";
  }

  private static String reservations(int tenantId) {
    return "tl:{guard:" + tenantId + "}:reservations";
  }

  /** State, leases and reservations, in the order that scripts take them. */
  public static List<String> inForce(int tenantId) {
    return List.of(state(tenantId), leases(tenantId), reservations(tenantId));
  }

  /** The same of a guard that is being made anew, in one process' attempt. */
  static List<String> staged(int tenantId, UUID attempt) {
    return inForce(tenantId).stream().map(key -> key + ":" + attempt).toList();
  }

  /** The counter of a loop guard for one session, trace or run. */
  public static String loop(int tenantId, LoopGuard guard, String id) {
    return "tl:{guard:" + tenantId + "}:loop:" + guard.id() + ":" + id;
  }
}
