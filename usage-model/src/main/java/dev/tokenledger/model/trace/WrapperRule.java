package dev.tokenledger.model.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of several records of the same model call in one trace is counted.
 *
 * <p>An application that is instrumented more than once reports a call more than once: the agent's
 * span carries the sum of its calls, a framework's wrapper repeats what the provider's client
 * beneath it reports. Nothing but their places in the trace tells these records apart, so the rule
 * looks at nothing else, in this order:
 *
 * <ol>
 *   <li><b>The innermost record with tokens counts.</b> A record is not counted when a record with
 *       tokens lies beneath it. What runs within a tool is work of its own: it says nothing about
 *       the call or agent around the tool, and both count.
 *   <li><b>One answer is one call.</b> Of the records that the first step leaves and that name the
 *       same answer of the provider, the one with the most tokens counts, then the deepest, then
 *       the one with the smallest id.
 *   <li><b>A record without tokens counts only where nothing better describes it</b>: no record
 *       lies beneath it, none with tokens is left above it, and none names the same answer. So a
 *       failed attempt beside a successful one is a call, and a client span whose stream reported
 *       no usage is not counted beside the wrapper that knows it.
 * </ol>
 *
 * <p>What this decides where reports disagree:
 *
 * <ul>
 *   <li>A wrapper that reports more than the sum beneath it (only some of its calls are
 *       instrumented, or it counts in its own way) is still not counted. The ledger charges what
 *       can be traced to a single call and its model; counting both would charge the calls beneath
 *       twice, which nobody could see afterwards, while a gap shows as missing instrumentation.
 *   <li>While the span of a parent has not arrived, its child stands as a root and both sides of
 *       the gap are counted; asked again with the parent, the rule corrects it.
 *   <li>Parents that form a cycle are no parents: every span on the cycle stands as a root, so that
 *       no usage disappears.
 *   <li>A span that is given twice is one span; where the copies differ, the one with a call, then
 *       with more tokens, then with a parent is taken.
 * </ul>
 *
 * <p>The result depends on the set of nodes alone, never on their order, and takes time linear in
 * their number.
 */
public final class WrapperRule {
  private WrapperRule() {}

  /**
   * One span of a trace, with what the rule needs of the call that was read off it.
   *
   * @param callEventId null when the span reports no usage of its own
   * @param responseId the provider's identifier of the answer, or null
   * @param tokens input and output of the call, 0 when it reported none
   * @param tool true when the span is the execution of a tool
   */
  public record Node(
      String spanId,
      @Nullable String parentSpanId,
      @Nullable String callEventId,
      @Nullable String responseId,
      long tokens,
      boolean tool) {

    public Node {
      Objects.requireNonNull(spanId, "spanId");
    }

    public static Node of(SpanLink link, long tokens) {
      return new Node(
          link.spanId(),
          link.parentSpanId(),
          link.callEventId(),
          link.responseId(),
          tokens,
          link.tool());
    }

    private boolean isCall() {
      return callEventId != null;
    }

    private boolean hasTokens() {
      return callEventId != null && tokens > 0;
    }

    private String call() {
      return Objects.requireNonNull(callEventId, "callEventId");
    }
  }

  /** Which copy of a span is taken, and in which order records of the same answer are preferred. */
  private static final Comparator<Node> COPIES =
      Comparator.comparing(Node::isCall)
          .thenComparingLong(Node::tokens)
          .thenComparing(node -> node.parentSpanId() != null)
          .thenComparing(Node::tool)
          .thenComparing(node -> String.valueOf(node.parentSpanId()))
          .thenComparing(node -> String.valueOf(node.responseId()))
          .thenComparing(node -> String.valueOf(node.callEventId()));

  /**
   * @param spans all spans of one trace that are known, in any order
   * @return the ids of the calls that count, in ascending order
   */
  public static Set<String> counted(Collection<Node> spans) {
    return new Trace(spans).counted();
  }

  /** The spans of one trace as a forest. Lives for one question. */
  private static final class Trace {
    private final Map<String, Node> bySpan = new HashMap<>();
    private final Map<String, Integer> depths = new HashMap<>();
    private final Set<String> cyclic = new HashSet<>();

    Trace(Collection<Node> spans) {
      for (Node span : spans) {
        bySpan.merge(span.spanId(), span, (a, b) -> COPIES.compare(a, b) >= 0 ? a : b);
      }
      for (Node span : bySpan.values()) {
        measure(span);
      }
    }

    Set<String> counted() {
      Set<String> withTokensBeneath = spansAbove(Node::hasTokens);
      Set<String> withCallBeneath = spansAbove(Node::isCall);
      Map<String, Node> answers = new HashMap<>();
      List<Node> candidates = new ArrayList<>();
      for (Node span : bySpan.values()) {
        if (span.hasTokens() && !withTokensBeneath.contains(span.spanId())) {
          candidates.add(span);
        }
      }
      Set<String> innermost = new HashSet<>();
      for (Node candidate : candidates) {
        innermost.add(candidate.spanId());
      }
      Map<String, Boolean> covered = new HashMap<>();
      for (Node span : bySpan.values()) {
        if (span.isCall()
            && !span.hasTokens()
            && !withCallBeneath.contains(span.spanId())
            && !isCovered(span, innermost, covered)) {
          candidates.add(span);
        }
      }
      Set<String> counted = new TreeSet<>();
      for (Node candidate : candidates) {
        if (candidate.responseId() == null) {
          counted.add(candidate.call());
        } else {
          answers.merge(candidate.responseId(), candidate, this::better);
        }
      }
      answers.values().forEach(answer -> counted.add(answer.call()));
      return counted;
    }

    private Node better(Node a, Node b) {
      if (a.tokens() != b.tokens()) {
        return a.tokens() > b.tokens() ? a : b;
      }
      int depthA = depths.getOrDefault(a.spanId(), 0);
      int depthB = depths.getOrDefault(b.spanId(), 0);
      if (depthA != depthB) {
        return depthA > depthB ? a : b;
      }
      return a.call().compareTo(b.call()) <= 0 ? a : b;
    }

    /** The spans that have one of these beneath them with no tool in between. */
    private Set<String> spansAbove(Predicate<Node> isOne) {
      Set<String> above = new HashSet<>();
      for (Node span : bySpan.values()) {
        if (isOne.test(span)) {
          Node enclosing = enclosing(span);
          // Whoever marked a span before has marked all above it too.
          while (enclosing != null && above.add(enclosing.spanId())) {
            enclosing = enclosing(enclosing);
          }
        }
      }
      return above;
    }

    /** True when a counted record with tokens encloses the span, with no tool in between. */
    private boolean isCovered(Node span, Set<String> innermost, Map<String, Boolean> known) {
      List<String> path = new ArrayList<>();
      boolean covered = false;
      for (Node above = enclosing(span); above != null; above = enclosing(above)) {
        Boolean answer = known.get(above.spanId());
        if (answer != null) {
          covered = answer;
          break;
        }
        path.add(above.spanId());
        if (innermost.contains(above.spanId())) {
          covered = true;
          break;
        }
      }
      for (String spanId : path) {
        known.put(spanId, covered);
      }
      return covered;
    }

    /** The parent, unless the span is a tool's: what encloses a tool is not about its inside. */
    private @Nullable Node enclosing(Node span) {
      return span.tool() ? null : parent(span);
    }

    private @Nullable Node parent(Node span) {
      return span.parentSpanId() == null || cyclic.contains(span.spanId())
          ? null
          : bySpan.get(span.parentSpanId());
    }

    /** Finds the depth of the span and of all above it, and the cycle they may end in. */
    private void measure(Node start) {
      List<Node> path = new ArrayList<>();
      Map<String, Integer> onPath = new HashMap<>();
      Node span = start;
      while (span != null && !depths.containsKey(span.spanId())) {
        Integer first = onPath.putIfAbsent(span.spanId(), path.size());
        if (first != null) {
          for (Node member : path.subList(first, path.size())) {
            cyclic.add(member.spanId());
            depths.put(member.spanId(), 0);
          }
          path.subList(first, path.size()).clear();
          break;
        }
        path.add(span);
        span = span.parentSpanId() == null ? null : bySpan.get(span.parentSpanId());
      }
      int depth = span == null ? -1 : depths.getOrDefault(span.spanId(), 0);
      for (int i = path.size() - 1; i >= 0; i--) {
        depths.put(path.get(i).spanId(), ++depth);
      }
    }
  }
}
