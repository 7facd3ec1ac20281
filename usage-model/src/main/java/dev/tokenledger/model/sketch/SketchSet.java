package dev.tokenledger.model.sketch;

import dev.tokenledger.model.stream.ByteReader;
import dev.tokenledger.model.stream.ByteWriter;

/**
 * All that is kept of a series beside its sums, as one value of the column {@code sketches}:
 * latency and time to first token of model calls, duration of runs, distinct users and sessions.
 * Mutable, not thread-safe.
 */
public final class SketchSet {
  private static final byte FORMAT = 1;

  private final QuantileSketch latency = new QuantileSketch();
  private final QuantileSketch timeToFirstToken = new QuantileSketch();
  private final QuantileSketch duration = new QuantileSketch();
  private final DistinctSketch users = new DistinctSketch();
  private final DistinctSketch sessions = new DistinctSketch();

  public QuantileSketch latency() {
    return latency;
  }

  public QuantileSketch timeToFirstToken() {
    return timeToFirstToken;
  }

  public QuantileSketch duration() {
    return duration;
  }

  public DistinctSketch users() {
    return users;
  }

  public DistinctSketch sessions() {
    return sessions;
  }

  public void add(SketchSet other) {
    latency.add(other.latency);
    timeToFirstToken.add(other.timeToFirstToken);
    duration.add(other.duration);
    users.add(other.users);
    sessions.add(other.sessions);
  }

  public byte[] toBytes() {
    ByteWriter out = new ByteWriter(128);
    out.writeByte(FORMAT);
    latency.writeTo(out);
    timeToFirstToken.writeTo(out);
    duration.writeTo(out);
    users.writeTo(out);
    sessions.writeTo(out);
    return out.toByteArray();
  }

  /**
   * Adds a value of the column.
   *
   * @throws IllegalArgumentException if it was written in a format that is not known
   */
  public void addBytes(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    byte format = in.readByte();
    if (format != FORMAT) {
      throw new IllegalArgumentException("unknown format of sketches: " + format);
    }
    latency.addFrom(in);
    timeToFirstToken.addFrom(in);
    duration.addFrom(in);
    users.addFrom(in);
    sessions.addFrom(in);
  }
}
