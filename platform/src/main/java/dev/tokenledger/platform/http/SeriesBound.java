package dev.tokenledger.platform.http;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The second line against tags whose values somebody else decides: no meter has more than some
 * series, further ones are not kept. The first line is to have no such tag.
 */
@Singleton
public class SeriesBound implements MeterFilter {
  /** Above what the largest honest meter has: endpoints times methods times statuses. */
  private static final int MAX_SERIES = 2_000;

  private final Map<String, Set<Meter.Id>> seen = new ConcurrentHashMap<>();

  @Override
  public MeterFilterReply accept(Meter.Id id) {
    Set<Meter.Id> series =
        seen.computeIfAbsent(id.getName(), name -> ConcurrentHashMap.newKeySet());
    return series.contains(id) || (series.size() < MAX_SERIES && series.add(id))
        ? MeterFilterReply.NEUTRAL
        : MeterFilterReply.DENY;
  }
}
