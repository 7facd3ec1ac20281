package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.Inherited;
import dev.tokenledger.model.rollup.Dimension;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the spans of one trace inherit: of each name, that of the nearest span above which says one.
 * The provider comes from the span whose model is taken, since a model is one of a provider's.
 * Parents that are not known end the search, and parents that form a cycle are no parents, as the
 * rule of wrappers has it. The result depends on the set of spans alone and takes time linear in
 * their number.
 */
final class TraceInheritance {
  private static final int PROVIDER = Inherited.DIMENSIONS.indexOf(Dimension.PROVIDER);
  private static final int MODEL = Inherited.DIMENSIONS.indexOf(Dimension.MODEL);
  private static final int[] NOTHING = new int[Inherited.COUNT];

  private record Span(@Nullable String parentSpanId, int @Nullable [] names) {}

  private final Map<String, Span> spans = new HashMap<>();
  private final Map<String, int[]> inherited = new HashMap<>();
  private boolean anyNames;

  /**
   * @param names one dimension id for each of {@link Inherited#DIMENSIONS}, 0 where the span says
   *     nothing; null when it says nothing at all
   */
  void add(String spanId, @Nullable String parentSpanId, int @Nullable [] names) {
    spans.put(spanId, new Span(parentSpanId, names));
    anyNames |= names != null;
  }

  /**
   * What a span inherits, in the order of {@link Inherited#DIMENSIONS}; not to be changed.
   *
   * @param spanId one that was added; all spans are added before
   */
  int[] of(String spanId) {
    if (!anyNames) {
      return NOTHING;
    }
    List<String> path = new ArrayList<>();
    Map<String, Integer> onPath = new HashMap<>();
    String at = spanId;
    while (!inherited.containsKey(at)) {
      Integer first = onPath.putIfAbsent(at, path.size());
      if (first != null) {
        List<String> cycle = path.subList(first, path.size());
        cycle.forEach(member -> inherited.put(member, NOTHING));
        cycle.clear();
        break;
      }
      path.add(at);
      String parent = parent(at);
      if (parent == null) {
        inherited.put(at, NOTHING);
        path.remove(path.size() - 1);
        break;
      }
      at = parent;
    }
    for (int i = path.size() - 1; i >= 0; i--) {
      String parent = spans.get(path.get(i)).parentSpanId;
      inherited.put(path.get(i), passOn(spans.get(parent).names, inherited.get(parent)));
    }
    return inherited.get(spanId);
  }

  private @Nullable String parent(String spanId) {
    String parent = spans.get(spanId).parentSpanId;
    return parent == null || !spans.containsKey(parent) ? null : parent;
  }

  private static int[] passOn(int @Nullable [] own, int[] above) {
    if (own == null) {
      return above;
    }
    int[] names = new int[Inherited.COUNT];
    for (int i = 0; i < names.length; i++) {
      names[i] = own[i] != 0 ? own[i] : above[i];
    }
    names[PROVIDER] = own[MODEL] != 0 ? own[PROVIDER] : above[PROVIDER];
    return names;
  }
}
