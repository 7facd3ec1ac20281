package dev.tokenledger.aggregation.settle;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.SQLException;

/** The figures of settling, by shard. */
public final class SettleMetrics {
  private final MeterRegistry registry;

  public SettleMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Work that may fail as settling does. */
  @FunctionalInterface
  interface SettleCall<T> {
    T run() throws SQLException;
  }

  /** Runs and times a settlement. */
  <T> T time(int shard, SettleCall<T> call) throws SQLException {
    Timer.Sample sample = Timer.start(registry);
    T result = call.run();
    sample.stop(
        Timer.builder("tokenledger.settle.duration")
            .description("Time to settle one batch of blocks")
            .tag("shard", Integer.toString(shard))
            .register(registry));
    return result;
  }

  void settled(int shard, SettledBatch batch) {
    count("tokenledger.settle.blocks", shard, batch.blocks());
    count("tokenledger.settle.events", shard, batch.stored());
  }

  void failed(int shard) {
    count("tokenledger.settle.failures", shard, 1);
  }

  void buried(int shard) {
    count("tokenledger.settle.dead", shard, 1);
  }

  private void count(String name, int shard, int amount) {
    registry.counter(name, "shard", Integer.toString(shard)).increment(amount);
  }
}
