package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON within attributes: text that an instrumentation has put there, so never to be relied on. Of
 * a text as many values are made as any of its readers can use; the others are passed over.
 */
final class Json {
  static final ObjectMapper MAPPER = JsonMapper.builder().build();

  private static final JsonFactory FACTORY = MAPPER.getFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final int MAX_VALUES = 1_000;
  private static final int MAX_DEPTH = 16;

  private int values;

  private Json() {}

  /** The object in the text; a missing node when the text is null or no JSON object. */
  static JsonNode object(@Nullable String text) {
    if (!isObject(text)) {
      return MissingNode.getInstance();
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      JsonNode object = new Json().value(parser, 0);
      return object == null || parser.nextToken() != null ? MissingNode.getInstance() : object;
    } catch (IOException e) {
      // Not ours to refuse: other attributes of the span are whole.
      return MissingNode.getInstance();
    }
  }

  /**
   * Some members of the object in the text, without building the others: an answer of a model may
   * be megabytes of text around a small block of usage. Broken JSON gives what stood before the
   * break.
   */
  static ObjectNode members(@Nullable String text, Set<String> names) {
    ObjectNode members = MAPPER.createObjectNode();
    if (!isObject(text)) {
      return members;
    }
    Json json = new Json();
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        JsonNode value = names.contains(name) ? json.value(parser, 0) : skipped(parser);
        if (value != null) {
          members.set(name, value);
        }
      }
      return members;
    } catch (IOException e) {
      // As above: the answer's text is content, not part of the protocol.
      return members;
    }
  }

  private static boolean isObject(@Nullable String text) {
    if (text == null) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        return text.charAt(i) == '{';
      }
    }
    return false;
  }

  /** The value at the parser's token; null when there were too many before, or it lies too deep. */
  private @Nullable JsonNode value(JsonParser parser, int depth) throws IOException {
    if (depth > MAX_DEPTH || ++values > MAX_VALUES) {
      return skipped(parser);
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          JsonNode member = value(parser, depth + 1);
          if (member != null) {
            object.set(name, member);
          }
        }
        yield object;
      }
      case START_ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          JsonNode element = value(parser, depth + 1);
          if (element != null) {
            array.add(element);
          }
        }
        yield array;
      }
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser);
      default -> null;
    };
  }

  private static @Nullable JsonNode skipped(JsonParser parser) throws IOException {
    parser.skipChildren();
    return null;
  }

  /** A whole number as such, any other as it was written; as text where it is longer than any. */
  private static JsonNode number(JsonParser parser) throws IOException {
    String text = parser.getText();
    BigDecimal number = Numbers.parse(text);
    if (number == null) {
      return NODES.textNode(text);
    }
    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT && text.length() < 19) {
      long whole = number.longValueExact();
      return (int) whole == whole ? NODES.numberNode((int) whole) : NODES.numberNode(whole);
    }
    return DecimalNode.valueOf(number);
  }
}
