package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A dimension of the query API.
 *
 * @param name the name in questions and answers, such as {@code model} or {@code tags.team}
 * @param dimension where its values are; {@link Dimension#TAG_VALUE} for a tag
 * @param tagKey the tag's key, or null for what is no tag
 */
public record QueryDimension(String name, Dimension dimension, @Nullable String tagKey) {
  private static final String TAGS = "tags.";
  private static final Set<Dimension> PUBLIC = EnumSet.range(Dimension.TYPE, Dimension.SESSION);

  static {
    PUBLIC.add(Dimension.API_KEY);
  }

  public QueryDimension {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dimension, "dimension");
  }

  public static Optional<QueryDimension> find(String name) {
    if (name.startsWith(TAGS) && name.length() > TAGS.length() && name.length() <= 69) {
      return Optional.of(
          new QueryDimension(name, Dimension.TAG_VALUE, name.substring(TAGS.length())));
    }
    return Arrays.stream(Dimension.values())
        .filter(PUBLIC::contains)
        .filter(d -> d.label().equals(name))
        .findFirst()
        .map(d -> new QueryDimension(name, d, null));
  }

  /** The names, for messages and documentation. */
  public static List<String> names() {
    return java.util.stream.Stream.concat(
            PUBLIC.stream().map(d -> d.name().toLowerCase(Locale.ROOT)),
            java.util.stream.Stream.of("tags.<key>"))
        .toList();
  }
}
