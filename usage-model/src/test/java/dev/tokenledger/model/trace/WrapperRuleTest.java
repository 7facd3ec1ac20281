package dev.tokenledger.model.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.trace.WrapperRule.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WrapperRuleTest {

  @Test
  void nothingIsCountedInAnEmptyTrace() {
    assertThat(WrapperRule.counted(List.of())).isEmpty();
  }

  @Test
  void callsSideBySideAllCount() {
    assertThat(counted(span("root", null), call("a", "root", 10), call("b", "root", 20)))
        .containsExactly("a!", "b!");
  }

  @Test
  void anAgentWithTheSumOfItsCallsIsNotCountedBesideThem() {
    assertThat(counted(call("agent", null, 30), call("a", "agent", 10), call("b", "agent", 20)))
        .containsExactly("a!", "b!");
  }

  @Test
  void spansWithoutUsageBetweenWrapperAndClientDoNotHideOneFromTheOther() {
    assertThat(
            counted(
                call("wrapper", null, 10),
                span("chain", "wrapper"),
                span("http", "chain"),
                call("client", "http", 10)))
        .containsExactly("client!");
  }

  @Test
  void onlyTheInnermostOfThreeInstrumentationsCounts() {
    assertThat(counted(call("a", null, 10), call("b", "a", 10), call("c", "b", 10)))
        .containsExactly("c!");
  }

  @Test
  void aWrapperThatReportsMoreThanTheCallsBeneathItIsStillNotCounted() {
    assertThat(counted(call("wrapper", null, 1991), call("client", "wrapper", 888)))
        .containsExactly("client!");
  }

  @Test
  void aWrapperThatReportsTheLastStepAloneIsNotCountedEither() {
    assertThat(
            counted(call("wrapper", null, 20), call("a", "wrapper", 10), call("b", "wrapper", 20)))
        .containsExactly("a!", "b!");
  }

  @Test
  void anAgentWhoseCallsAreNotInstrumentedIsCountedItself() {
    assertThat(counted(call("agent", null, 30), span("step", "agent"), tool("tool", "agent")))
        .containsExactly("agent!");
  }

  @Test
  void aCallWithinAToolIsAnotherCallThanTheOneAroundTheTool() {
    assertThat(counted(call("outer", null, 10), tool("tool", "outer"), call("inner", "tool", 20)))
        .containsExactly("inner!", "outer!");
  }

  @Test
  void usageOnAToolsOwnSpanIsTheSumOfWhatRunsWithinIt() {
    assertThat(
            counted(
                call("outer", null, 10),
                new Node("tool", "outer", "tool!", null, 20, true),
                call("inner", "tool", 20)))
        .containsExactly("inner!", "outer!");
  }

  @Test
  void anAgentCalledAsAToolDoesNotDisplaceTheCallsOfItsCaller() {
    assertThat(
            counted(
                call("agent", null, 10),
                call("chat", "agent", 10),
                tool("tool", "agent"),
                call("sub-agent", "tool", 7),
                call("sub-chat", "sub-agent", 7)))
        .containsExactly("chat!", "sub-chat!");
  }

  @Test
  void recordsOfTheSameAnswerAreOneCall() {
    assertThat(counted(answer("a", "root", "r1", 10), answer("b", "root", "r1", 10)))
        .containsExactly("a!");
  }

  @Test
  void ofRecordsOfTheSameAnswerTheMostCompleteCounts() {
    assertThat(counted(answer("a", "root", "r1", 4), answer("b", "root", "r1", 10)))
        .containsExactly("b!");
  }

  @Test
  void ofEquallyCompleteRecordsOfTheSameAnswerTheDeepestCounts() {
    assertThat(
            counted(
                span("root", null),
                span("x", "root"),
                answer("a", "root", "r1", 10),
                answer("b", "x", "r1", 10)))
        .containsExactly("b!");
  }

  @Test
  void aWrapperThatNamesItsLastAnswerDoesNotTakeThatAnswersPlace() {
    assertThat(
            counted(
                answer("wrapper", null, "r2", 30),
                answer("a", "wrapper", "r1", 10),
                answer("b", "wrapper", "r2", 20)))
        .containsExactly("a!", "b!");
  }

  @Test
  void differentAnswersAreDifferentCalls() {
    assertThat(counted(answer("a", "root", "r1", 10), answer("b", "root", "r2", 10)))
        .containsExactly("a!", "b!");
  }

  @Test
  void aClientSpanWithoutUsageLeavesTheWrapperThatKnowsIt() {
    assertThat(counted(call("wrapper", null, 10), call("client", "wrapper", 0)))
        .containsExactly("wrapper!");
  }

  @Test
  void aFailedAttemptBesideASuccessfulOneIsACall() {
    assertThat(
            counted(
                call("wrapper", null, 10), call("failed", "wrapper", 0), call("ok", "wrapper", 10)))
        .containsExactly("failed!", "ok!");
  }

  @Test
  void ofNestedRecordsWithoutAnyTokensTheInnermostCounts() {
    assertThat(counted(call("wrapper", null, 0), call("client", "wrapper", 0)))
        .containsExactly("client!");
  }

  @Test
  void aRecordWithoutTokensIsNotCountedBesideTheSameAnswerWithTokens() {
    assertThat(counted(answer("a", "root", "r1", 0), answer("b", "root", "r1", 10)))
        .containsExactly("b!");
  }

  @Test
  void bothSidesOfAMissingParentCountUntilItArrives() {
    List<Node> known = List.of(call("wrapper", null, 10), call("client", "gap", 10));
    assertThat(WrapperRule.counted(known)).containsExactly("client!", "wrapper!");

    List<Node> complete = new ArrayList<>(known);
    complete.add(span("gap", "wrapper"));
    assertThat(WrapperRule.counted(complete)).containsExactly("client!");
  }

  @Test
  void aSpanThatIsItsOwnParentIsARoot() {
    assertThat(counted(call("a", "a", 10))).containsExactly("a!");
  }

  @Test
  void spansThatFormACycleAllCountSinceNoneIsTheInnermost() {
    assertThat(counted(call("a", "b", 10), call("b", "a", 20), call("c", "b", 5)))
        .containsExactly("a!", "c!");
  }

  @Test
  void aSpanSentTwiceIsOneSpan() {
    assertThat(counted(call("a", null, 10), call("a", null, 10))).containsExactly("a!");
  }

  @Test
  void ofTwoCopiesOfASpanTheOneWithMoreTokensIsTaken() {
    assertThat(counted(span("a", null), call("a", null, 10), call("b", "a", 0)))
        .containsExactly("a!");
  }

  @Test
  void aLongChainOfWrappersTakesNoStackAndLittleTime() {
    List<Node> chain = new ArrayList<>();
    for (int i = 0; i < 200_000; i++) {
      chain.add(call("s" + i, i == 0 ? null : "s" + (i - 1), 1));
    }
    assertThat(WrapperRule.counted(chain)).containsExactly("s199999!");
  }

  @Test
  void theResultDoesNotDependOnTheOrderOfArrival() {
    Random random = new Random(20261120);
    for (int round = 0; round < 2_000; round++) {
      List<Node> trace = randomTrace(random);
      Set<String> expected = WrapperRule.counted(trace);
      Collections.shuffle(trace, random);
      assertThat(WrapperRule.counted(trace)).as("%s", trace).isEqualTo(expected);
    }
  }

  @Test
  void everyCallThatIsLeftOutIsDescribedByOneThatCounts() {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      List<Node> trace = randomTrace(random);
      assertThat(WrapperRule.counted(trace)).as("%s", trace).isEqualTo(slowAndObvious(trace));
    }
  }

  /** The first two steps of the rule read out loud, for traces without cycles and copies. */
  private static Set<String> slowAndObvious(List<Node> trace) {
    Map<String, Node> bySpan = new HashMap<>();
    trace.forEach(node -> bySpan.put(node.spanId(), node));
    List<Node> left = new ArrayList<>();
    for (Node node : trace) {
      if (node.tokens() > 0
          && trace.stream().noneMatch(o -> o.tokens() > 0 && isBeneath(o, node, bySpan))) {
        left.add(node);
      }
    }
    List<Node> bare = new ArrayList<>();
    for (Node node : trace) {
      if (node.callEventId() != null
          && node.tokens() == 0
          && trace.stream().noneMatch(o -> o.callEventId() != null && isBeneath(o, node, bySpan))
          && left.stream().noneMatch(o -> isBeneath(node, o, bySpan))) {
        bare.add(node);
      }
    }
    left.addAll(bare);
    Set<String> counted = new TreeSet<>();
    for (Node node : left) {
      boolean beaten =
          node.responseId() != null
              && left.stream()
                  .anyMatch(
                      o ->
                          o != node
                              && node.responseId().equals(o.responseId())
                              && isBetter(o, node, bySpan));
      if (!beaten) {
        counted.add(node.callEventId());
      }
    }
    return counted;
  }

  private static boolean isBetter(Node a, Node b, Map<String, Node> bySpan) {
    if (a.tokens() != b.tokens()) {
      return a.tokens() > b.tokens();
    }
    int depth = depth(a, bySpan) - depth(b, bySpan);
    return depth != 0 ? depth > 0 : a.callEventId().compareTo(b.callEventId()) < 0;
  }

  private static int depth(Node node, Map<String, Node> bySpan) {
    Node parent = bySpan.get(node.parentSpanId());
    return parent == null ? 0 : 1 + depth(parent, bySpan);
  }

  private static boolean isBeneath(Node below, Node above, Map<String, Node> bySpan) {
    for (Node node = below; node != null && !node.tool(); ) {
      node = bySpan.get(node.parentSpanId());
      if (node == above) {
        return true;
      }
    }
    return false;
  }

  private static List<Node> randomTrace(Random random) {
    int size = 1 + random.nextInt(12);
    List<Node> trace = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String parent = random.nextInt(6) == 0 ? null : "s" + (random.nextInt(i + 2) - 1);
      if (("s" + i).equals(parent)) {
        parent = null;
      }
      boolean call = random.nextInt(3) > 0;
      trace.add(
          new Node(
              "s" + i,
              parent,
              call ? "s" + i + "!" : null,
              call && random.nextInt(3) == 0 ? "r" + random.nextInt(3) : null,
              call ? random.nextInt(4) * 10L : 0,
              random.nextInt(5) == 0));
    }
    return trace;
  }

  private static Set<String> counted(Node... nodes) {
    return WrapperRule.counted(List.of(nodes));
  }

  private static Node span(String id, String parent) {
    return new Node(id, parent, null, null, 0, false);
  }

  private static Node tool(String id, String parent) {
    return new Node(id, parent, null, null, 0, true);
  }

  private static Node call(String id, String parent, long tokens) {
    return new Node(id, parent, id + "!", null, tokens, false);
  }

  private static Node answer(String id, String parent, String responseId, long tokens) {
    return new Node(id, parent, id + "!", responseId, tokens, false);
  }
}
