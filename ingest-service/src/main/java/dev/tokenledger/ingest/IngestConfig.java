package dev.tokenledger.ingest;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the ingest service. */
@ConfigMapping(prefix = "tokenledger.ingest")
public interface IngestConfig {
  /** How far back an event may have started. Repeated events are recognised for as long. */
  @WithDefault("35d")
  Duration admissionWindow();

  /** How far ahead of our clock an event may start. */
  @WithDefault("10m")
  Duration admissionAhead();

  /** Most bytes of a request body, as sent. */
  @WithDefault("16777216")
  int maxBodyBytes();

  /**
   * Most bytes that a request body may inflate to; what goes beyond is not decompressed. They are
   * never in memory as a whole.
   */
  @WithDefault("134217728")
  int maxDecompressedBytes();

  /** Most events or spans in one request. */
  @WithDefault("10000")
  int maxEvents();

  /** Most events that wait in this process to be appended; beyond it requests get 503. */
  @WithDefault("50000")
  int maxQueuedEvents();

  /** Most events in one block, unless a single request has more. */
  @WithDefault("5000")
  int maxBlockEvents();

  /** Most blocks that may wait in one event stream to be settled; beyond it requests get 503. */
  @WithDefault("20000")
  long maxStreamBlocks();

  /** Most memory, in bytes, that Redis may use; beyond it requests get 503. */
  @WithDefault("1073741824")
  long maxRedisBytes();

  /** How long an append is tried before the request is answered with 503. */
  @WithDefault("5s")
  Duration appendTimeout();

  /**
   * Accept events although Redis may lose what it has acknowledged. Off, the service is not ready
   * and takes nothing while Redis is not set to {@code appendonly yes} with {@code appendfsync
   * always}.
   */
  @WithDefault("false")
  boolean acceptVolatileRedis();

  /** How often prices, privacy rules and quotas are looked at for changes. */
  @WithDefault("1s")
  Duration refreshInterval();
}
