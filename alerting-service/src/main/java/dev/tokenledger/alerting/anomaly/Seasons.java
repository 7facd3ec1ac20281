package dev.tokenledger.alerting.anomaly;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is usual at a time of day and at an hour of the week, learnt from the times of the points
 * (UTC). Whether there is such a pattern shows in the errors: a profile counts while its forecasts
 * miss by much less than the level alone does. Not thread-safe.
 */
final class Seasons {
  private static final int SECONDS_OF_DAY = 86_400;
  private static final int SLOTS = 96;
  private static final int HOURS = 168;

  /** The epoch began on a Thursday; weeks are counted from Monday. */
  private static final int MONDAY = 3 * SECONDS_OF_DAY;

  static final int BYTES =
      SLOTS * (2 * Float.BYTES + Byte.BYTES)
          + HOURS * (Float.BYTES + Byte.BYTES)
          + 4 * Double.BYTES
          + 2 * Integer.BYTES;

  /** A profile counts below this share of the level's error. */
  private static final double TRUSTED = 0.4;

  /** The week counts below this share of the day's error. */
  private static final double WEEK_TRUSTED = 0.9;

  /** Forecasts before a profile may count, and visits before a place of it is a forecast. */
  private static final int PROOF = 100;

  private static final int VISITS = 2;

  /** Visits after which a place follows by limited steps only, so that no spike is learnt. */
  private static final int SETTLED = 6;

  private static final double LIMIT_DEVIATIONS = 4;
  private static final double LIMIT_ERRORS = 2;

  /** Shares of what is new: in mean errors, in places of the profiles. */
  private static final double ERROR_RATE = 1.0 / 500;

  private static final double DAY_RATE = 0.04;
  private static final double WEEK_RATE = 0.06;

  /** The week's error starts at the day's, with the weight of this many points. */
  private static final int BELIEF = 50;

  /** How fast the whole profile follows the level, and the longest step in deviations. */
  private static final double SHIFT_RATE = 0.003;

  private static final double SHIFT_STEP = 3;

  /** The smallest deviation of a place: a share of the mean error and of what is nothing. */
  private static final double LEAST_OF_ERROR = 0.3;

  private static final double LEAST_OF_NOTHING = 0.2;

  /** Keeps a deviation from being zero. */
  private static final double TINY = 1e-12;

  private final float[] dayCentre = new float[SLOTS];
  private final float[] dayDeviation = new float[SLOTS];
  private final byte[] dayVisits = new byte[SLOTS];
  private final float[] weekCentre = new float[HOURS];
  private final byte[] weekVisits = new byte[HOURS];
  private double levelError;
  private double dayError;
  private double weekError;
  private int dayForecasts;
  private int weekForecasts;

  /** How far the level is from where the profiles have it. */
  private double shift;

  /**
   * What a trusted profile has to say.
   *
   * @param expected the value at that time
   * @param deviation that is usual there, above 0
   */
  record Fit(double expected, double deviation) {}

  /**
   * Takes a point in.
   *
   * @param second since the epoch
   * @param level what one would have expected without seasons
   * @param nothing a change that does not matter
   * @return what the profile said beforehand, or null if there is none to be trusted
   */
  @Nullable Fit observe(long second, double value, double level, double nothing) {
    int slot = (int) (Math.floorMod(second, SECONDS_OF_DAY) / (SECONDS_OF_DAY / SLOTS));
    int hour = (int) (Math.floorMod(second + MONDAY, 7L * SECONDS_OF_DAY) / 3_600);
    Fit fit = null;
    if (dayVisits[slot] >= VISITS) {
      boolean weekKnown = weekVisits[hour] >= VISITS;
      learnErrors(slot, weekKnown ? hour : -1, value, level);
      boolean weekly =
          weekKnown
              && weekForecasts > PROOF
              && weekError < WEEK_TRUSTED * dayError
              && weekError < TRUSTED * levelError;
      if (weekly || (dayForecasts > PROOF && dayError < TRUSTED * levelError)) {
        double error = weekly ? weekError : dayError;
        double deviation =
            Math.max(dayDeviation[slot], LEAST_OF_ERROR * error)
                + LEAST_OF_NOTHING * nothing
                + TINY;
        fit = new Fit((weekly ? weekCentre[hour] : dayCentre[slot]) + shift, deviation);
        double longest = SHIFT_STEP * deviation;
        shift += SHIFT_RATE * Math.max(-longest, Math.min(longest, value - fit.expected));
      }
    }
    learnPlaces(slot, hour, value);
    return fit;
  }

  private void learnErrors(int slot, int hour, double value, double level) {
    dayForecasts++;
    double rate = Math.max(ERROR_RATE, 1.0 / dayForecasts);
    levelError += rate * (Math.abs(value - level) - levelError);
    dayError += rate * (Math.abs(value - dayCentre[slot]) - dayError);
    if (hour >= 0) {
      weekError = weekForecasts == 0 ? dayError : weekError;
      weekForecasts++;
      double weekRate = Math.max(ERROR_RATE, 1.0 / (weekForecasts + BELIEF));
      weekError += weekRate * (Math.abs(value - weekCentre[hour]) - weekError);
    }
  }

  private void learnPlaces(int slot, int hour, double value) {
    double off = value - dayCentre[slot];
    if (dayVisits[slot] == 0) {
      dayCentre[slot] = (float) value;
    } else {
      if (dayVisits[slot] > SETTLED) {
        off = limited(off, slot, dayError);
      }
      double rate = Math.max(1.0 / (dayVisits[slot] + 1), DAY_RATE);
      dayDeviation[slot] += (float) (rate * (Math.abs(off) - dayDeviation[slot]));
      dayCentre[slot] += (float) (rate * off);
    }
    off = value - weekCentre[hour];
    if (weekVisits[hour] == 0) {
      weekCentre[hour] = (float) value;
    } else {
      if (weekVisits[hour] > SETTLED) {
        off = limited(off, slot, weekError);
      }
      weekCentre[hour] += (float) (Math.max(1.0 / (weekVisits[hour] + 1), WEEK_RATE) * off);
    }
    dayVisits[slot] = next(dayVisits[slot]);
    weekVisits[hour] = next(weekVisits[hour]);
  }

  private double limited(double off, int slot, double error) {
    double limit = Math.max(LIMIT_DEVIATIONS * dayDeviation[slot], LIMIT_ERRORS * error);
    return Math.max(-limit, Math.min(limit, off));
  }

  private static byte next(byte visits) {
    return (byte) Math.min(Byte.MAX_VALUE, visits + 1);
  }

  void write(ByteBuffer out) {
    for (int i = 0; i < SLOTS; i++) {
      out.putFloat(dayCentre[i]).putFloat(dayDeviation[i]).put(dayVisits[i]);
    }
    for (int i = 0; i < HOURS; i++) {
      out.putFloat(weekCentre[i]).put(weekVisits[i]);
    }
    out.putDouble(levelError).putDouble(dayError).putDouble(weekError).putDouble(shift);
    out.putInt(dayForecasts).putInt(weekForecasts);
  }

  void read(ByteBuffer in) {
    for (int i = 0; i < SLOTS; i++) {
      dayCentre[i] = in.getFloat();
      dayDeviation[i] = in.getFloat();
      dayVisits[i] = in.get();
    }
    for (int i = 0; i < HOURS; i++) {
      weekCentre[i] = in.getFloat();
      weekVisits[i] = in.get();
    }
    levelError = in.getDouble();
    dayError = in.getDouble();
    weekError = in.getDouble();
    shift = in.getDouble();
    dayForecasts = in.getInt();
    weekForecasts = in.getInt();
  }
}
