package dev.tokenledger.aggregation;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the aggregation service. */
@ConfigMapping(prefix = "tokenledger.aggregation")
public interface AggregationConfig {
  /**
   * Name under which this process reads the streams; the host's name when not set. A process that
   * comes back under its name takes up what it had read. Two processes must not share one.
   */
  Optional<String> consumer();

  /**
   * Most events that are settled in one transaction. More are faster and need more memory; a batch
   * whose events have little in common is smaller.
   */
  @WithDefault("24000")
  int maxBatchEvents();

  /**
   * From the beginning of one batch to that of the next, while what waits does not fill half a
   * batch. Events that are settled together share rows of rollups, so that fewer, larger batches
   * leave more of the machine to others; what was taken becomes visible that much later.
   */
  @WithDefault("500ms")
  Duration settleInterval();

  /** How long a block may be with another consumer before it is taken over. */
  @WithDefault("30s")
  Duration claimAfter();

  /**
   * How often an event that fails by itself is tried, within a second, before it is kept as a dead
   * letter.
   */
  @WithDefault("3")
  int maxAttempts();

  /**
   * How often sketches of settled batches are folded into the sketch tables; up to two minutes
   * later while there is a backlog. Readers see them before as well; seldom folding saves writes,
   * and leaves readers more to add up.
   */
  @WithDefault("5s")
  Duration foldInterval();

  /**
   * How long sums by minute are kept. Of older time the parts of an hour are added up from its
   * events.
   */
  @WithDefault("3d")
  Duration minuteRetention();

  /**
   * How often it is looked whether further sums of users can be added up over longer buckets. Until
   * then, questions about users read more rows, and get the same answer.
   */
  @WithDefault("10s")
  Duration userSumsInterval();

  /**
   * Identities of events after which a new generation of them begins, about. The index of the
   * newest one, some 50 bytes an identity, should fit into the memory of the database.
   */
  @WithDefault("2000000")
  long identityGeneration();

  /**
   * Memory for the filters of identities that are not of the newest generation, 1.5 bytes each.
   * Beyond it, the oldest are looked up in the database, which is slower.
   */
  @WithDefault("24M")
  MemorySize identityFilterMemory();
}
