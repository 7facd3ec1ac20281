package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** JSON within attributes: text that an instrumentation has put there, so never to be relied on. */
final class Json {
  static final ObjectMapper MAPPER = JsonMapper.builder().build();

  private static final JsonFactory FACTORY = MAPPER.getFactory();

  private Json() {}

  /** The object in the text; a missing node when the text is null or no JSON object. */
  static JsonNode object(@Nullable String text) {
    if (text == null || !text.stripLeading().startsWith("{")) {
      return MissingNode.getInstance();
    }
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
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
    if (text == null || !text.stripLeading().startsWith("{")) {
      return members;
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (names.contains(name)) {
          members.set(name, MAPPER.<JsonNode>readTree(parser));
        } else {
          parser.skipChildren();
        }
      }
      return members;
    } catch (IOException e) {
      // As above: the answer's text is content, not part of the protocol.
      return members;
    }
  }
}
