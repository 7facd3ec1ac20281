package dev.tokenledger.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What all services must agree on about the streams between them. */
@ConfigMapping(prefix = "tokenledger.streams")
public interface StreamConfig {
  /**
   * Number of event streams. More of them let more aggregation processes work side by side; it may
   * be raised at any time, and lowered once the streams above the new number are empty.
   */
  @WithDefault("2")
  int shards();
}
