package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.hot.HotRollups;
import java.util.List;
import java.util.Set;

/**
 * What a settlement did.
 *
 * @param blocks blocks that were new
 * @param stored events that were new
 * @param tenants whose blocks were looked at
 * @param core the new absolute values of core rows, for the hot rollups
 * @param repeated events of blocks that had been settled before; whoever settled them may have died
 *     before the hot rollups were brought up
 */
record SettledBatch(
    int blocks,
    int stored,
    Set<Integer> tenants,
    List<HotRollups.Row> core,
    List<LedgerEvent> repeated) {}
