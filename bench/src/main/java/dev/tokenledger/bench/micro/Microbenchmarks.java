package dev.tokenledger.bench.micro;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs all microbenchmarks: two forks, five measurements of a second each. */
public final class Microbenchmarks {
  /** The name under which the profiler reports bytes allocated for one operation. */
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private Microbenchmarks() {}

  /**
   * @param nanos for one event
   * @param error half the 99.9 % confidence interval of it
   * @param bytes allocated for one event
   */
  public record Score(String name, double nanos, double error, double bytes) {}

  public static List<Score> run() throws RunnerException {
    Options options =
        new OptionsBuilder()
            .forks(2)
            .warmupIterations(3)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(5)
            .measurementTime(TimeValue.seconds(1))
            .addProfiler(GCProfiler.class)
            .build();
    Collection<RunResult> results = new Runner(options).run();
    List<Score> scores = new ArrayList<>();
    for (RunResult result : results) {
      Result<?> primary = result.getPrimaryResult();
      Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
      scores.add(
          new Score(
              primary.getLabel(),
              primary.getScore(),
              primary.getScoreError(),
              allocated == null ? Double.NaN : allocated.getScore()));
    }
    return scores;
  }
}
