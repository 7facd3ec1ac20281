package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.alerting.notification.Notification;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * A notification in Block Kit: a header, a section with the text, sections with the facts, and a
 * context. Within the limits of <a href="https://docs.slack.dev/reference/block-kit/blocks">Slack's
 * reference</a>, beyond which a message is refused as a whole: 150 characters of a header, 3,000 of
 * a section's text, 2,000 of a field, 10 fields in a section, 50 blocks.
 */
final class SlackMessage {
  private static final int MAX_HEADER = 150;
  private static final int MAX_TEXT = 3_000;
  private static final int MAX_FIELD = 2_000;
  private static final int MAX_FIELDS = 10;

  /** Fewer than Slack takes: nobody reads more figures in a chat. */
  private static final int MAX_FIELD_SECTIONS = 4;

  private static final String MARKUP = "mrkdwn";

  private final ObjectMapper json;

  SlackMessage(ObjectMapper json) {
    this.json = json;
  }

  ObjectNode of(Notification notification) {
    ObjectNode message = json.createObjectNode();
    String headline = headline(notification);
    // Shown where blocks are not, as in the phone's notification.
    message.put("text", escaped(headline, MAX_TEXT));
    ArrayNode blocks = message.putArray("blocks");
    text(blocks.addObject().put("type", "header").putObject("text"), "plain_text")
        .put("text", escaped(headline, MAX_HEADER));
    if (!notification.text().isBlank()) {
      text(blocks.addObject().put("type", "section").putObject("text"), MARKUP)
          .put("text", escaped(notification.text(), MAX_TEXT));
    }
    facts(blocks, notification.facts());
    text(blocks.addObject().put("type", "context").putArray("elements").addObject(), MARKUP)
        .put("text", escaped(context(notification), MAX_FIELD));
    return message;
  }

  private static void facts(ArrayNode blocks, List<Notification.Fact> facts) {
    int end = Math.min(facts.size(), MAX_FIELDS * MAX_FIELD_SECTIONS);
    for (int from = 0; from < end; from += MAX_FIELDS) {
      ArrayNode fields = blocks.addObject().put("type", "section").putArray("fields");
      for (Notification.Fact fact : facts.subList(from, Math.min(from + MAX_FIELDS, end))) {
        String name = escaped(fact.name(), MAX_FIELD / 2 - 3);
        text(fields.addObject(), MARKUP)
            .put("text", "*" + name + "*\n" + escaped(fact.value(), MAX_FIELD / 2));
      }
    }
  }

  /** Where there is markup, what looks like a name or an address must not become a link. */
  private static ObjectNode text(ObjectNode text, String type) {
    text.put("type", type);
    return type.equals(MARKUP) ? text.put("verbatim", true) : text;
  }

  private static String headline(Notification notification) {
    String title =
        notification.title().isBlank() ? notification.type() : notification.title().strip();
    String state =
        notification.status() == Notification.Status.RESOLVED
            ? "Resolved"
            : notification.severity().label().toUpperCase(Locale.ROOT);
    return Excerpt.line("[" + state + "] " + title, MAX_TEXT);
  }

  private static String context(Notification notification) {
    StringBuilder context =
        new StringBuilder(notification.severity().label())
            .append(" · ")
            .append(notification.timestamp());
    new TreeMap<>(notification.labels())
        .forEach((name, value) -> context.append(" · ").append(name).append(": ").append(value));
    return context.toString();
  }

  /**
   * A text in which {@code &}, {@code <} and {@code >} are written as Slack demands, so that
   * nothing in it is taken for a link or a mention. It is measured as it is written, and no entity
   * is cut.
   */
  private static String escaped(String text, int most) {
    StringBuilder written = new StringBuilder();
    int fits = 0;
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      switch (character) {
        case '&' -> written.append("&amp;");
        case '<' -> written.append("&lt;");
        case '>' -> written.append("&gt;");
        default -> written.appendCodePoint(character);
      }
      if (written.length() > most) {
        written.setLength(fits);
        return written.append('…').toString();
      }
      if (written.length() < most) {
        fits = written.length();
      }
      i += Character.charCount(character);
    }
    return written.toString();
  }
}
