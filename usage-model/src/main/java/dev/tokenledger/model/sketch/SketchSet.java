package dev.tokenledger.model.sketch;

import dev.tokenledger.model.stream.ByteReader;
import dev.tokenledger.model.stream.ByteWriter;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * All that is kept of a series beside its sums, as one value of the column {@code sketches}:
 * latency and time to first token of model calls, duration of runs, distinct users and sessions.
 * Mutable, not thread-safe.
 */
public final class SketchSet {
  private static final byte FORMAT = 1;
  private static final Part[] PARTS = Part.values();
  private static final Set<Part> ALL = Collections.unmodifiableSet(EnumSet.allOf(Part.class));

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

  /** What the set takes in memory, about. */
  public long memoryBytes() {
    return 32
        + latency.memoryBytes()
        + timeToFirstToken.memoryBytes()
        + duration.memoryBytes()
        + users.memoryBytes()
        + sessions.memoryBytes();
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

  /** The sketches of a set, in the order in which they are written. */
  public enum Part {
    LATENCY,
    TIME_TO_FIRST_TOKEN,
    DURATION,
    USERS,
    SESSIONS
  }

  /**
   * Adds a value of the column.
   *
   * @throws IllegalArgumentException if it was written in a format that is not known
   */
  public void addBytes(byte[] bytes) {
    addBytes(bytes, ALL);
  }

  /**
   * Adds some of the sketches of a value of the column: a question seldom needs all.
   *
   * @throws IllegalArgumentException if it was written in a format that is not known
   */
  public void addBytes(byte[] bytes, Set<Part> wanted) {
    ByteReader in = new ByteReader(bytes);
    byte format = in.readByte();
    if (format != FORMAT) {
      throw new IllegalArgumentException("unknown format of sketches: " + format);
    }
    int left = wanted.size();
    for (Part part : PARTS) {
      if (left == 0) {
        return;
      }
      boolean adds = wanted.contains(part);
      left -= adds ? 1 : 0;
      switch (part) {
        case LATENCY -> add(latency, in, adds);
        case TIME_TO_FIRST_TOKEN -> add(timeToFirstToken, in, adds);
        case DURATION -> add(duration, in, adds);
        case USERS -> add(users, in, adds);
        case SESSIONS -> add(sessions, in, adds);
      }
    }
  }

  private static void add(QuantileSketch sketch, ByteReader in, boolean adds) {
    if (adds) {
      sketch.addFrom(in);
    } else {
      QuantileSketch.skip(in);
    }
  }

  private static void add(DistinctSketch sketch, ByteReader in, boolean adds) {
    if (adds) {
      sketch.addFrom(in);
    } else {
      DistinctSketch.skip(in);
    }
  }
}
