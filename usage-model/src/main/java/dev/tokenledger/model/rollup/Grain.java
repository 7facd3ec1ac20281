package dev.tokenledger.model.rollup;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** The lengths of a rollup's time buckets. Buckets are aligned to UTC. */
public enum Grain {
  MINUTE(Duration.ofMinutes(1)),
  HOUR(Duration.ofHours(1)),
  DAY(Duration.ofDays(1));

  private final Duration length;

  Grain(Duration length) {
    this.length = length;
  }

  public Duration length() {
    return length;
  }

  /** The start of the bucket that holds the given second, both in seconds since the epoch. */
  public long floorSecond(long epochSecond) {
    return epochSecond - Math.floorMod(epochSecond, length.toSeconds());
  }

  public Instant floor(Instant time) {
    return Instant.ofEpochSecond(floorSecond(time.getEpochSecond()));
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The table of sums at this grain, in the ledger's schema. */
  public String rollupTable() {
    return "ledger.rollup_" + label();
  }

  /** The table of sketches at this grain, in the ledger's schema. */
  public String sketchTable() {
    return "ledger.sketch_" + label();
  }
}
