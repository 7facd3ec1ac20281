package dev.tokenledger.alerting.anomaly;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;

/**
 * Finds what is unusual in one series of figures, a point at a time and without looking ahead: by
 * the value against those just before it, the mean of the latest values against where it has been,
 * both against what is usual at that time of day and week, and by how much the values move. Each of
 * these figures is judged by its own largest peaks so far (see {@link Extremes}), up and down, so
 * that no scale, distribution or threshold has to be set for a series.
 *
 * <p>Values of any sign and scale, at regular times with gaps. A state is at most {@link
 * #STATE_BYTES} bytes and goes through {@link #toBytes}: one that was restored gives the verdicts
 * that the first one would have given. Deterministic; not thread-safe.
 */
public final class AnomalyDetector {
  /** Size of a state. */
  public static final int STATE_BYTES = State.BYTES;

  /** Sizes of values that are taken; room for squares and differences in what is computed. */
  private static final double LARGEST = 1e30;

  /** The latest values that a value, and the level, is compared by. */
  private static final int WINDOW = 24;

  /** Points below the threshold that end a run: of single values, and of means over the window. */
  private static final int VALUE_GAP = 6;

  private static final int MEAN_GAP = 24;

  /** How fast the level is followed; a few times that at the start. */
  private static final double LEVEL_RATE = 1.0 / 600;

  /** An unusual level that lasts this many points is accepted, and then followed so fast. */
  private static final int ACCEPTED = 48;

  private static final double ACCEPTED_RATE = 1.0 / 48;

  private static final double SIZE_RATE = 1.0 / 2_000;

  /** Points over which misfits of the season are averaged. */
  private static final int SEASON_POINTS = 12;

  /** A profile is trusted for so long before it may alarm. */
  private static final long SEASON_PROOF_SECONDS = 2 * 86_400;

  /** What is nothing in the movement of values, as a share of their mean size. */
  private static final double STILL = 1e-3;

  /** Rarity that a change of movement loses while all values lie where they lay at that time. */
  private static final double ENVELOPE_LOSS = 1.25;

  /** The rarity that has a score of one half. */
  private static final double HALF = -0.5;

  /** A rarity that is so much beyond that of the latest alarm breaks the quiet after it. */
  private static final double FAR_RARER = 1.5;

  private final AnomalySettings settings;
  private final State state;

  public AnomalyDetector(AnomalySettings settings) {
    this(settings, new State(settings));
  }

  private AnomalyDetector(AnomalySettings settings, State state) {
    this.settings = settings;
    this.state = state;
  }

  /**
   * Takes the next point of the series in and judges it by those before.
   *
   * @param start of the bucket. A point that is not later than the latest one is not taken: its
   *     verdict is that of an ordinary point, and nothing changes
   * @throws IllegalArgumentException if the value is not a number or its size is beyond 1e30;
   *     nothing changes then
   */
  public Verdict observe(Instant start, double value) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new IllegalArgumentException("a value that is no number or too large: " + value);
    }
    long second = start.getEpochSecond();
    if (state.count > 0 && second <= state.second) {
      return Verdict.ordinary(value);
    }
    if (state.count == 0) {
      state.firstSecond = second;
    }
    state.second = second;
    Judgement judgement = judge(second, value);
    state.count++;
    return verdict(second, value, judgement);
  }

  /** The state, of {@link #STATE_BYTES} bytes, in a form that begins with its version. */
  public byte[] toBytes() {
    return state.write();
  }

  /**
   * A detector that goes on where the one of the state was.
   *
   * @throws IllegalArgumentException if it is not a state, or one of a version not known here
   */
  public static AnomalyDetector fromBytes(byte[] bytes, AnomalySettings settings) {
    State state = new State(settings);
    state.read(bytes);
    return new AnomalyDetector(settings, state);
  }

  /** The most unusual of a point so far, and what was ordinary before it came. */
  private static final class Judgement {
    private double rarity = Double.NEGATIVE_INFINITY;
    private Verdict.Cause cause = Verdict.Cause.NONE;
    private Verdict.Direction direction = Verdict.Direction.NONE;
    private double expected = Double.NaN;
    private double above = Double.POSITIVE_INFINITY;
    private double below = Double.POSITIVE_INFINITY;

    /** Sets what is ordinary; before the point is taken in. */
    void expect(double value, double above, double below) {
      this.expected = value;
      this.above = above;
      this.below = below;
    }

    /** A figure of the point: judged, then taken in. */
    void figure(
        Verdict.Cause of,
        Extremes up,
        Extremes down,
        double value,
        int now,
        double least,
        double loss) {
      consider(of, Verdict.Direction.UP, up.rarity(value, now, least) - loss);
      consider(of, Verdict.Direction.DOWN, down.rarity(-value, now, least) - loss);
      up.add(value, now);
      down.add(-value, now);
    }

    private void consider(Verdict.Cause of, Verdict.Direction to, double found) {
      if (found > rarity) {
        rarity = found;
        cause = of;
        direction = to;
      }
    }
  }

  private Judgement judge(long second, double value) {
    Judgement judgement = new Judgement();
    int now = state.count;
    boolean full = now >= WINDOW;
    double median = full ? state.median() : value;
    judgement.expected = median;
    state.remember(value);
    state.size += Math.max(1.0 / (now + 1), SIZE_RATE) * (Math.abs(value) - state.size);
    double nothing = settings.resolution() * state.size;
    boolean inside = state.envelope.observe(second, value);
    if (full) {
      judgement.expect(
          median,
          state.spikeUp.valueOf(alarmRarity(), now, nothing),
          state.spikeDown.valueOf(alarmRarity(), now, nothing));
      judgement.figure(
          Verdict.Cause.SPIKE,
          state.spikeUp,
          state.spikeDown,
          value - median,
          now,
          nothing,
          inside ? Double.POSITIVE_INFINITY : 0);
      level(judgement, now, nothing);
    }
    season(judgement, second, value, now, full ? state.level : value, nothing);
    return judgement;
  }

  private void level(Judgement judgement, int now, double nothing) {
    double mean = state.mean();
    double movement = Math.log(state.movement() + STILL * state.size + Double.MIN_NORMAL);
    if (!state.levelKnown) {
      state.levelKnown = true;
      state.level = mean;
      state.usualMovement = movement;
    }
    double meanOff = mean - state.level;
    double movementOff = movement - state.usualMovement;
    state.unusualLevel =
        state.levelUp.running() || state.levelDown.running() ? state.unusualLevel + 1 : 0;
    double rate = Math.max(2.0 / (now + 1), LEVEL_RATE);
    state.usualMovement += rate * movementOff;
    state.level += (state.unusualLevel > ACCEPTED ? Math.max(rate, ACCEPTED_RATE) : rate) * meanOff;
    judgement.figure(Verdict.Cause.LEVEL, state.levelUp, state.levelDown, meanOff, now, nothing, 0);
    judgement.figure(
        Verdict.Cause.VARIABILITY,
        state.movementUp,
        state.movementDown,
        movementOff,
        now,
        settings.resolution(),
        ENVELOPE_LOSS * state.envelope.share());
  }

  private void season(
      Judgement judgement, long second, double value, int now, double level, double nothing) {
    Seasons.Fit fit = state.seasons.observe(second, value, level, nothing);
    if (fit == null) {
      state.misfit = 0;
      return;
    }
    if (state.seasonSince == 0) {
      state.seasonSince = second;
    }
    double misfit = (value - fit.expected()) / fit.deviation();
    state.misfit += (misfit - state.misfit) / SEASON_POINTS;
    double loss = second - state.seasonSince < SEASON_PROOF_SECONDS ? Double.POSITIVE_INFINITY : 0;
    double least = settings.resolution();
    judgement.expect(
        fit.expected(),
        state.misfitUp.valueOf(alarmRarity(), now, least) * fit.deviation(),
        state.misfitDown.valueOf(alarmRarity(), now, least) * fit.deviation());
    judgement.figure(
        Verdict.Cause.SEASON, state.misfitUp, state.misfitDown, misfit, now, least, loss);
    judgement.figure(
        Verdict.Cause.SEASON_LEVEL,
        state.misfitsUp,
        state.misfitsDown,
        state.misfit,
        now,
        least,
        loss);
  }

  /** The rarity that has the score that alarms. */
  private double alarmRarity() {
    return HALF + Math.log10(settings.alarmScore() / (1 - settings.alarmScore()));
  }

  private Verdict verdict(long second, double value, Judgement judgement) {
    if (state.count < settings.minimumPoints()
        || second - state.firstSecond < settings.minimumHistory().toSeconds()) {
      return Verdict.ordinary(value);
    }
    double score = 1 / (1 + Math.pow(10, HALF - judgement.rarity));
    boolean quiet =
        state.alarms > 0
            && state.count - state.alarmPoint < settings.quietPoints()
            && second - state.alarmSecond < settings.quiet().toSeconds();
    if (quiet && judgement.rarity < state.alarmRarity + FAR_RARER) {
      score = 0;
    }
    boolean alarm = score >= settings.alarmScore();
    if (alarm) {
      state.alarms++;
      state.alarmPoint = state.count;
      state.alarmSecond = second;
      state.alarmRarity = judgement.rarity;
    }
    // A tail whose every peak is on the other side has nothing to say of this one.
    return new Verdict(
        score,
        alarm,
        judgement.expected,
        judgement.expected - Math.max(0, judgement.below),
        judgement.expected + Math.max(0, judgement.above),
        judgement.cause,
        judgement.direction);
  }

  /** All that is known of a series. */
  private static final class State {
    private static final byte VERSION = 1;
    private static final int FIGURES = 10;

    static final int BYTES =
        Byte.BYTES
            + 4 * Integer.BYTES
            + 4 * Long.BYTES
            + 5 * Double.BYTES
            + Byte.BYTES
            + (WINDOW + 1) * Double.BYTES
            + FIGURES * Extremes.BYTES
            + Seasons.BYTES
            + DayEnvelope.BYTES;

    private int count;
    private long firstSecond;
    private long second;
    private final double[] latest = new double[WINDOW + 1];

    /** Mean of the values' sizes. */
    private double size;

    private boolean levelKnown;
    private double level;
    private double usualMovement;

    /** Points that the level has been unusual for. */
    private int unusualLevel;

    private double misfit;
    private long seasonSince;
    private int alarms;
    private int alarmPoint;
    private long alarmSecond;
    private double alarmRarity;
    private final Extremes spikeUp;
    private final Extremes spikeDown;
    private final Extremes levelUp;
    private final Extremes levelDown;
    private final Extremes movementUp;
    private final Extremes movementDown;
    private final Extremes misfitUp;
    private final Extremes misfitDown;
    private final Extremes misfitsUp;
    private final Extremes misfitsDown;
    private final Seasons seasons = new Seasons();
    private final DayEnvelope envelope = new DayEnvelope();

    State(AnomalySettings settings) {
      int memory = settings.memoryPoints();
      spikeUp = new Extremes(VALUE_GAP, memory);
      spikeDown = new Extremes(VALUE_GAP, memory);
      levelUp = new Extremes(MEAN_GAP, memory);
      levelDown = new Extremes(MEAN_GAP, memory);
      movementUp = new Extremes(MEAN_GAP, memory);
      movementDown = new Extremes(MEAN_GAP, memory);
      misfitUp = new Extremes(VALUE_GAP, memory);
      misfitDown = new Extremes(VALUE_GAP, memory);
      misfitsUp = new Extremes(MEAN_GAP, memory);
      misfitsDown = new Extremes(MEAN_GAP, memory);
    }

    void remember(double value) {
      latest[count % latest.length] = value;
    }

    /** Of the latest values but the one just remembered; before that, of all of the window. */
    double median() {
      double[] sorted = new double[WINDOW];
      for (int i = 0; i < WINDOW; i++) {
        sorted[i] = latest[(count - 1 - i) % latest.length];
      }
      Arrays.sort(sorted);
      return (sorted[WINDOW / 2] + sorted[WINDOW / 2 - 1]) / 2;
    }

    double mean() {
      double sum = 0;
      for (int i = 0; i < WINDOW; i++) {
        sum += latest[(count - i) % latest.length];
      }
      return sum / WINDOW;
    }

    /** The mean step from one value to the next. */
    double movement() {
      double sum = 0;
      for (int i = 0; i < WINDOW; i++) {
        sum +=
            Math.abs(latest[(count - i) % latest.length] - latest[(count - i - 1) % latest.length]);
      }
      return sum / WINDOW;
    }

    private Extremes[] figures() {
      return new Extremes[] {
        spikeUp, spikeDown, levelUp, levelDown, movementUp,
        movementDown, misfitUp, misfitDown, misfitsUp, misfitsDown
      };
    }

    byte[] write() {
      ByteBuffer out = ByteBuffer.allocate(BYTES);
      out.put(VERSION).putInt(count).putInt(unusualLevel).putInt(alarms).putInt(alarmPoint);
      out.putLong(firstSecond).putLong(second).putLong(seasonSince).putLong(alarmSecond);
      out.putDouble(size).putDouble(level).putDouble(usualMovement).putDouble(misfit);
      out.putDouble(alarmRarity).put((byte) (levelKnown ? 1 : 0));
      for (double value : latest) {
        out.putDouble(value);
      }
      for (Extremes figure : figures()) {
        figure.write(out);
      }
      seasons.write(out);
      envelope.write(out);
      return out.array();
    }

    void read(byte[] bytes) {
      if (bytes.length == 0 || bytes[0] != VERSION) {
        throw new IllegalArgumentException(
            "a state of version "
                + (bytes.length == 0 ? "none" : bytes[0])
                + ", known is "
                + VERSION);
      }
      if (bytes.length != BYTES) {
        throw new IllegalArgumentException(
            "a state of " + bytes.length + " bytes, they have " + BYTES);
      }
      ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
      count = in.getInt();
      unusualLevel = in.getInt();
      alarms = in.getInt();
      alarmPoint = in.getInt();
      firstSecond = in.getLong();
      second = in.getLong();
      seasonSince = in.getLong();
      alarmSecond = in.getLong();
      size = in.getDouble();
      level = in.getDouble();
      usualMovement = in.getDouble();
      misfit = in.getDouble();
      alarmRarity = in.getDouble();
      levelKnown = in.get() != 0;
      for (int i = 0; i < latest.length; i++) {
        latest[i] = in.getDouble();
      }
      for (Extremes figure : figures()) {
        figure.read(in);
      }
      seasons.read(in);
      envelope.read(in);
    }
  }
}
