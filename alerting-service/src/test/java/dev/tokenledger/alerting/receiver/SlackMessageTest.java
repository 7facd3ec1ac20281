package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SlackMessageTest {
  private static final Pattern ENTITIES = Pattern.compile("&(amp|lt|gt);");

  private final SlackMessage form = new SlackMessage(new ObjectMapper());

  @Test
  void anOrdinaryNotificationIsHeaderTextFactsAndContext() {
    JsonNode message =
        form.of(
            Notifications.firing(
                "Budget 'R&D' has reached 90 %",
                "Ask <!channel> or <https://evil.example|here>.",
                List.of(new Notification.Fact("Spent", "$9 < $10"))));
    assertThat(message.at("/blocks").findValuesAsText("type"))
        .containsExactly(
            "header", "plain_text", "section", "mrkdwn", "section", "mrkdwn", "context", "mrkdwn");
    assertThat(message.at("/blocks/0/text/text").asText())
        .isEqualTo("[HIGH] Budget 'R&amp;D' has reached 90 %");
    assertThat(message.at("/blocks/1/text/text").asText())
        .isEqualTo("Ask &lt;!channel&gt; or &lt;https://evil.example|here&gt;.");
    assertThat(message.at("/blocks/2/fields/0/text").asText()).isEqualTo("*Spent*\n$9 &lt; $10");
    assertWithinLimits(message);
  }

  @Test
  void whateverIsToldStaysWithinTheLimits() {
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      List<Notification.Fact> facts = new ArrayList<>();
      for (int f = random.nextInt(60); f > 0; f--) {
        facts.add(new Notification.Fact(text(random, 3_000), text(random, 3_000)));
      }
      assertWithinLimits(
          form.of(Notifications.firing(text(random, 400), text(random, 9_000), facts)));
    }
  }

  /** Control characters, ones to be escaped, and ones of two units, so that every cut is tried. */
  private static String text(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      int kind = random.nextInt(6);
      text.append(kind == 0 ? "&" : kind == 1 ? "<" : kind == 2 ? "😀" : kind == 3 ? "\n" : "a");
    }
    return text.toString();
  }

  /** Refuses what Slack refuses of these blocks, by its reference of Block Kit. */
  private static void assertWithinLimits(JsonNode message) {
    assertFields(message, "text", "blocks");
    assertThat(message.path("blocks").size()).isBetween(1, 50);
    for (JsonNode block : message.path("blocks")) {
      switch (block.path("type").asText()) {
        case "header" -> {
          assertFields(block, "type", "text");
          assertText(block.path("text"), "plain_text", 150);
        }
        case "section" -> {
          if (block.has("fields")) {
            assertFields(block, "type", "fields");
            assertThat(block.path("fields").size()).isBetween(1, 10);
            block.path("fields").forEach(field -> assertText(field, "mrkdwn", 2_000));
          } else {
            assertFields(block, "type", "text");
            assertText(block.path("text"), "mrkdwn", 3_000);
          }
        }
        case "context" -> {
          assertFields(block, "type", "elements");
          assertThat(block.path("elements").size()).isBetween(1, 10);
          block.path("elements").forEach(element -> assertText(element, "mrkdwn", 3_000));
        }
        default -> throw new AssertionError("not a block that we send: " + block);
      }
    }
  }

  private static void assertFields(JsonNode node, String... names) {
    Iterator<String> found = node.fieldNames();
    found.forEachRemaining(name -> assertThat(Set.of(names)).contains(name));
  }

  private static void assertText(JsonNode text, String type, int most) {
    assertFields(text, "type", "text", "verbatim");
    assertThat(text.path("type").asText()).isEqualTo(type);
    // Only markup has it; and what Slack is not told to take literally, it makes links of.
    assertThat(text.path("verbatim").asBoolean()).isEqualTo(type.equals("mrkdwn"));
    String written = text.path("text").asText();
    assertThat(written.length()).isBetween(1, most);
    assertThat(ENTITIES.matcher(written).replaceAll("")).doesNotContain("&", "<", ">");
    assertThat(written.codePoints().filter(c -> c >= 0xD800 && c <= 0xDFFF).count())
        .as("halves of characters")
        .isZero();
  }
}
