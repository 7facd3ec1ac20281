package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.model.sketch.SketchSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a batch changes in all rollups. New events are added; the old state of a corrected event is
 * taken out, so that the rollups change by exactly the difference (and nothing at all for an event
 * that is not counted). Not thread-safe.
 */
public final class RollupDelta {
  private static final Set<Dimension> TAG_ONLY = EnumSet.of(Dimension.TAG_KEY, Dimension.TAG_VALUE);
  private static final Set<Dimension> PEOPLE = EnumSet.of(Dimension.USER, Dimension.SESSION);

  /**
   * The dimensions of those cuboids that have neither people nor tags: few combinations, many
   * events each.
   */
  private static final Set<Dimension> BASE = EnumSet.noneOf(Dimension.class);

  /** The dimensions of the cuboids that have people. */
  private static final Set<Dimension> PERSONAL = EnumSet.noneOf(Dimension.class);

  static {
    for (Cuboid cuboid : Cuboid.values()) {
      if (isPersonal(cuboid)) {
        PERSONAL.addAll(cuboid.dimensions());
      } else if (!isTagged(cuboid)) {
        BASE.addAll(cuboid.dimensions());
      }
    }
  }

  private static final int[] BASE_ORDINALS = ordinals(BASE);
  private static final int[] PERSONAL_ORDINALS = ordinals(PERSONAL);
  private static final int[] TAG_ORDINALS = ordinals(tagDimensions());

  private final Cells base = new Cells(true);
  private final Cells personal = new Cells(false);
  private final Cells tagged = new Cells(false);

  /**
   * One row to be added to a rollup table.
   *
   * @param bucket start of the bucket in seconds since the epoch
   */
  public record Row(SeriesKey series, Grain grain, long bucket, MeasureVector sums) {}

  /**
   * One value for the sketch journal.
   *
   * @param bucket start of the bucket of the cuboid's finest grain, seconds since the epoch
   */
  public record SketchRow(SeriesKey series, long bucket, SketchSet sketches) {}

  /** Takes the rows of one cuboid after the other. */
  @FunctionalInterface
  public interface CuboidRows {
    /**
     * @param sums rows that change something
     * @param sketches what the batch adds to sketches; the series may be others than those of the
     *     sums, since a correction can leave all sums as they are
     */
    void take(Cuboid cuboid, List<Row> sums, List<SketchRow> sketches) throws SQLException;
  }

  /** Adds an event, if it is counted. */
  public void add(LedgerEvent event) {
    if (event.counted()) {
      apply(event, false);
    }
  }

  /** Takes an event out as it was, if it was counted. */
  public void remove(LedgerEvent event) {
    if (event.counted()) {
      apply(event, true);
    }
  }

  private void apply(LedgerEvent event, boolean removed) {
    long second = event.epochSecond();
    Cells.Cell cell =
        base.cell(
            new Cells.Key(
                event.tenantId(),
                Grain.MINUTE.floorSecond(second),
                keep(event.dimensions(), BASE_ORDINALS)));
    apply(cell.sums(), event.measures(), removed);
    cell.values().event(event.measures(), removed, event.userHash(), event.sessionHash());

    long hour = Grain.HOUR.floorSecond(second);
    Cells.Cell person =
        personal.cell(
            new Cells.Key(event.tenantId(), hour, keep(event.dimensions(), PERSONAL_ORDINALS)));
    apply(person.sums(), event.measures(), removed);

    int[] tags = event.tags();
    for (int i = 0; i < tags.length; i += 2) {
      int[] values = keep(event.dimensions(), TAG_ORDINALS);
      values[Dimension.TAG_KEY.ordinal()] = tags[i];
      values[Dimension.TAG_VALUE.ordinal()] = tags[i + 1];
      apply(
          tagged.cell(new Cells.Key(event.tenantId(), hour, values)).sums(),
          event.measures(),
          removed);
    }
  }

  private static void apply(MeasureVector sums, EventMeasures event, boolean removed) {
    if (removed) {
      sums.subtract(event);
    } else {
      sums.add(event);
    }
  }

  /**
   * The changes, row by row; rows that change nothing are left out. Made cuboid by cuboid, so that
   * those of one alone are in memory at a time.
   */
  public void forEachCuboid(CuboidRows consumer) throws SQLException {
    Cells core = base.project(Cuboid.CORE.dimensions(), Cuboid.CORE.finestGrain(), true);
    for (Cuboid cuboid : Cuboid.values()) {
      Cells source =
          isTagged(cuboid)
              ? tagged
              : isPersonal(cuboid)
                  ? personal
                  : Cuboid.CORE.covers(cuboid.dimensions()) ? core : base;
      Cells finest =
          cuboid == Cuboid.CORE
              ? core
              : source.project(cuboid.dimensions(), cuboid.finestGrain(), cuboid.isSketched());
      List<Row> sums = new ArrayList<>();
      List<SketchRow> sketches = new ArrayList<>();
      collect(cuboid, finest, sums, sketches);
      if (!sums.isEmpty() || !sketches.isEmpty()) {
        consumer.take(cuboid, sums, sketches);
      }
    }
  }

  /** The tenants whose sums or sketches may change. */
  public SortedSet<Integer> tenants() {
    SortedSet<Integer> tenants = new TreeSet<>();
    base.all().keySet().forEach(key -> tenants.add(key.tenantId()));
    return tenants;
  }

  /** The measures that are not zero everywhere, about half of them: the others need no work. */
  public List<Measure> measures() {
    long mask = 0;
    for (Cells cells : List.of(base, personal, tagged)) {
      for (Cells.Cell cell : cells.all().values()) {
        mask |= cell.sums().mask();
      }
    }
    return Measure.of(mask);
  }

  /** Tells the combinations apart that an event makes in minutes, apart from people and tags. */
  public static long baseHash(LedgerEvent event) {
    return hash(event, Grain.MINUTE, BASE_ORDINALS, 1);
  }

  /** Tells the combinations apart that an event makes of people. */
  public static long personalHash(LedgerEvent event) {
    return hash(event, Grain.HOUR, PERSONAL_ORDINALS, 2);
  }

  private static long hash(LedgerEvent event, Grain grain, int[] ordinals, int seed) {
    long hash = grain.floorSecond(event.epochSecond()) * 31 + event.tenantId() * 7L + seed;
    for (int i : ordinals) {
      hash = (hash ^ event.dimensions()[i]) * 0x9E37_79B9_7F4A_7C15L;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  private static void collect(
      Cuboid cuboid, Cells finest, List<Row> sums, List<SketchRow> sketches) {
    finest
        .all()
        .forEach(
            (key, cell) -> {
              if (cuboid.isSketched() && !cell.values().isEmpty()) {
                sketches.add(
                    new SketchRow(series(cuboid, key), key.bucket(), cell.values().toSketches()));
              }
            });
    Cells cells = finest;
    for (Grain grain : cuboid.grains()) {
      if (grain != cuboid.finestGrain()) {
        cells = cells.coarser(grain);
      }
      cells
          .all()
          .forEach(
              (key, cell) -> {
                if (!cell.sums().isZero()) {
                  sums.add(new Row(series(cuboid, key), grain, key.bucket(), cell.sums()));
                }
              });
    }
  }

  private static SeriesKey series(Cuboid cuboid, Cells.Key key) {
    return SeriesKey.of(key.tenantId(), cuboid, key.values());
  }

  private static int[] keep(int[] dimensions, int[] ordinals) {
    int[] values = new int[dimensions.length];
    for (int i : ordinals) {
      values[i] = dimensions[i];
    }
    return values;
  }

  private static boolean isTagged(Cuboid cuboid) {
    return cuboid.dimensions().stream().anyMatch(TAG_ONLY::contains);
  }

  private static boolean isPersonal(Cuboid cuboid) {
    return cuboid.dimensions().stream().anyMatch(PEOPLE::contains);
  }

  private static Set<Dimension> tagDimensions() {
    Set<Dimension> dimensions = EnumSet.copyOf(Cuboid.TAG.dimensions());
    dimensions.removeAll(TAG_ONLY);
    return dimensions;
  }

  private static int[] ordinals(Set<Dimension> dimensions) {
    return dimensions.stream().mapToInt(Dimension::ordinal).toArray();
  }
}
