package dev.tokenledger.model.rollup;

import static dev.tokenledger.model.rollup.Dimension.AGENT;
import static dev.tokenledger.model.rollup.Dimension.API_KEY;
import static dev.tokenledger.model.rollup.Dimension.ENVIRONMENT;
import static dev.tokenledger.model.rollup.Dimension.ERROR_TYPE;
import static dev.tokenledger.model.rollup.Dimension.FEATURE;
import static dev.tokenledger.model.rollup.Dimension.MODEL;
import static dev.tokenledger.model.rollup.Dimension.PROJECT;
import static dev.tokenledger.model.rollup.Dimension.PROMPT;
import static dev.tokenledger.model.rollup.Dimension.PROMPT_VERSION;
import static dev.tokenledger.model.rollup.Dimension.PROVIDER;
import static dev.tokenledger.model.rollup.Dimension.SESSION;
import static dev.tokenledger.model.rollup.Dimension.STATUS;
import static dev.tokenledger.model.rollup.Dimension.TAG_KEY;
import static dev.tokenledger.model.rollup.Dimension.TAG_VALUE;
import static dev.tokenledger.model.rollup.Dimension.TOOL;
import static dev.tokenledger.model.rollup.Dimension.TYPE;
import static dev.tokenledger.model.rollup.Dimension.USER;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The combinations of dimensions that are kept rolled up. Every event is added to every cuboid, so
 * the sum over any one of them is the sum over all events; only {@link #TAG} counts an event once
 * for each of its tags. A question is answered from the smallest cuboid that has all of its
 * dimensions and filters; constants are in that order.
 *
 * <p>{@link #code()} is stored: constants keep theirs for ever.
 */
public enum Cuboid {
  /** Totals. */
  PROJECT_TOTAL(1, Grain.MINUTE, true, TYPE, PROJECT, ENVIRONMENT),
  BY_MODEL(2, Grain.MINUTE, true, TYPE, PROJECT, ENVIRONMENT, PROVIDER, MODEL),
  BY_AGENT(3, Grain.MINUTE, true, TYPE, PROJECT, ENVIRONMENT, AGENT),
  BY_FEATURE(4, Grain.HOUR, true, TYPE, PROJECT, ENVIRONMENT, FEATURE),
  BY_API_KEY(12, Grain.HOUR, false, TYPE, PROJECT, ENVIRONMENT, MODEL, API_KEY),
  /** Which agents use which models is asked every day, and has far fewer rows than the next one. */
  BY_AGENT_AND_MODEL(11, Grain.HOUR, false, TYPE, PROJECT, ENVIRONMENT, PROVIDER, MODEL, AGENT),
  /** The one from which budgets and rules on ordinary combinations are answered. */
  CORE(
      5,
      Grain.MINUTE,
      true,
      TYPE,
      PROJECT,
      ENVIRONMENT,
      PROVIDER,
      MODEL,
      AGENT,
      FEATURE,
      STATUS,
      ERROR_TYPE),
  BY_TOOL(6, Grain.HOUR, false, TYPE, PROJECT, ENVIRONMENT, AGENT, TOOL, STATUS),
  BY_PROMPT(7, Grain.HOUR, true, TYPE, PROJECT, ENVIRONMENT, PROMPT, PROMPT_VERSION, MODEL, STATUS),
  /**
   * People are many, so they are combined with little else: every further dimension multiplies the
   * rows of each batch, and the cost of an event must not depend on who reports it.
   */
  BY_USER(8, Grain.HOUR, false, TYPE, PROJECT, ENVIRONMENT, USER, MODEL),
  BY_SESSION(9, Grain.DAY, false, TYPE, PROJECT, SESSION),
  TAG(10, Grain.HOUR, false, TYPE, PROJECT, ENVIRONMENT, TAG_KEY, TAG_VALUE, MODEL);

  private final int code;
  private final Grain finestGrain;
  private final boolean sketched;
  private final Set<Dimension> dimensions;

  Cuboid(int code, Grain finestGrain, boolean sketched, Dimension first, Dimension... more) {
    this.code = code;
    this.finestGrain = finestGrain;
    this.sketched = sketched;
    this.dimensions = Collections.unmodifiableSet(EnumSet.of(first, more));
  }

  public int code() {
    return code;
  }

  /** The dimensions, in the order of {@link Dimension}. */
  public Set<Dimension> dimensions() {
    return dimensions;
  }

  /** The shortest buckets kept; all longer ones are kept too. */
  public Grain finestGrain() {
    return finestGrain;
  }

  /** The grains kept, finest first. */
  public List<Grain> grains() {
    Grain[] all = Grain.values();
    return List.of(all).subList(finestGrain.ordinal(), all.length);
  }

  /** Whether percentiles and distinct counts are kept beside the sums. */
  public boolean isSketched() {
    return sketched;
  }

  public boolean covers(Set<Dimension> asked) {
    return dimensions.containsAll(asked);
  }
}
