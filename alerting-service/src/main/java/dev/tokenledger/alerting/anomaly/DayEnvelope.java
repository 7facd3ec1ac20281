package dev.tokenledger.alerting.anomaly;

import java.nio.ByteBuffer;

/**
 * The largest and smallest values of each half hour of the day (UTC), drawn in from day to day.
 * What stays between them has been there at that time, such as the spike of a nightly job, however
 * far it is from the values just before it. Not thread-safe.
 */
final class DayEnvelope {
  private static final int PLACES = 48;
  private static final int SECONDS = 1_800;
  private static final int SECONDS_OF_DAY = 86_400;

  static final int BYTES = PLACES * (2 * Float.BYTES + Character.BYTES) + Double.BYTES;

  /** What is left of the height after a day. */
  private static final double KEPT = 0.9;

  /** Points over which the share of those inside is taken. */
  private static final int POINTS = 12;

  private final float[] high = new float[PLACES];
  private final float[] low = new float[PLACES];

  /** The day of the latest point of a place, since the epoch; 0 if there was none. */
  private final char[] day = new char[PLACES];

  private double share;

  /** Takes a point in and says whether it lay inside: of its half hour or a neighbour of it. */
  boolean observe(long second, double value) {
    int place = (int) (Math.floorMod(second, SECONDS_OF_DAY) / SECONDS);
    boolean known = true;
    float highest = Float.NEGATIVE_INFINITY;
    float lowest = Float.POSITIVE_INFINITY;
    for (int i = place + PLACES - 1; i <= place + PLACES + 1; i++) {
      int near = i % PLACES;
      known &= day[near] != 0;
      highest = Math.max(highest, high[near]);
      lowest = Math.min(lowest, low[near]);
    }
    boolean inside = known && value <= highest && value >= lowest;
    share += ((inside ? 1 : 0) - share) / POINTS;
    widen(place, (char) Math.max(1, Math.min(Character.MAX_VALUE, second / SECONDS_OF_DAY)), value);
    return inside;
  }

  /** How much of the latest points lay inside, in [0, 1]. */
  double share() {
    return share;
  }

  private void widen(int place, char today, double value) {
    if (day[place] == 0) {
      high[place] = (float) value;
      low[place] = (float) value;
    } else if (day[place] != today) {
      float middle = (high[place] + low[place]) / 2;
      high[place] = (float) (middle + (high[place] - middle) * KEPT);
      low[place] = (float) (middle - (middle - low[place]) * KEPT);
    }
    day[place] = today;
    high[place] = Math.max(high[place], (float) value);
    low[place] = Math.min(low[place], (float) value);
  }

  void write(ByteBuffer out) {
    for (int i = 0; i < PLACES; i++) {
      out.putFloat(high[i]).putFloat(low[i]).putChar(day[i]);
    }
    out.putDouble(share);
  }

  void read(ByteBuffer in) {
    for (int i = 0; i < PLACES; i++) {
      high[i] = in.getFloat();
      low[i] = in.getFloat();
      day[i] = in.getChar();
    }
    share = in.getDouble();
  }
}
