package dev.tokenledger.platform.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.parameters.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * Moves the times in examples of bodies to now, so that they can be sent as they are: an event may
 * not be older than the window of admission, a silence must end in the future. In the sources, 20
 * November 2026 is yesterday.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.RUNTIME_PER_REQUEST)
public class TimesInExamples implements OASFilter {
  private static final LocalDate YESTERDAY = LocalDate.of(2026, 11, 20);

  /** What a time begins with that an example has in nanoseconds since 1970. */
  private static final String NANOS = "nanos:";

  private static final Pattern DATE = Pattern.compile("\\b(2026-11-\\d\\d)(?=T\\d\\d:)");

  @Override
  public @Nullable RequestBody filterRequestBody(RequestBody body) {
    if (body.getContent() != null) {
      long days = ChronoUnit.DAYS.between(YESTERDAY, LocalDate.now(ZoneOffset.UTC).minusDays(1));
      body.getContent()
          .getMediaTypes()
          .values()
          .forEach(
              media -> {
                if (media.getExamples() != null) {
                  media
                      .getExamples()
                      .values()
                      .forEach(example -> example.setValue(moved(example.getValue(), days)));
                }
              });
    }
    return body;
  }

  static @Nullable Object moved(@Nullable Object value, long days) {
    if (value instanceof String text) {
      if (text.startsWith(NANOS)) {
        Instant time = Instant.parse(text.substring(NANOS.length())).plus(days, ChronoUnit.DAYS);
        return Long.toString(TimeUnit.SECONDS.toNanos(time.getEpochSecond()));
      }
      return DATE.matcher(text).replaceAll((MatchResult date) -> later(date.group(1), days));
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> moved = new ArrayList<>();
      list.forEach(item -> moved.add(moved(item, days)));
      return moved;
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> moved = new LinkedHashMap<>();
      map.forEach((key, item) -> moved.put(key, moved(item, days)));
      return moved;
    }
    return value;
  }

  private static String later(String date, long days) {
    return LocalDate.parse(date).plusDays(days).toString();
  }
}
