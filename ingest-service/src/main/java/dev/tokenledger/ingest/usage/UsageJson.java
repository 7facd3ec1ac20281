package dev.tokenledger.ingest.usage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A provider's usage block as a flat map: {@code prompt_tokens_details.cached_tokens}. Names are
 * brought to snake case. A list of amounts by modality becomes one entry a modality, {@code
 * prompt_tokens_details.audio}.
 */
public final class UsageJson {
  /** Deeper nesting than any provider uses; what is below is ignored. */
  private static final int MAX_DEPTH = 4;

  private static final int MAX_ENTRIES = 256;

  /** Modalities as Google's protocol buffers number them. */
  private static final String[] MODALITIES = {
    "unspecified", "text", "image", "video", "audio", "document"
  };

  private UsageJson() {}

  public static Map<String, Object> flatten(JsonNode block) {
    Map<String, Object> flat = new HashMap<>();
    flatten("", block, 0, flat);
    return flat;
  }

  private static void flatten(String prefix, JsonNode node, int depth, Map<String, Object> flat) {
    if (depth > MAX_DEPTH || flat.size() >= MAX_ENTRIES) {
      return;
    }
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        String name = snakeCase(field.getKey());
        flatten(prefix.isEmpty() ? name : prefix + '.' + name, field.getValue(), depth + 1, flat);
      }
    } else if (node.isArray()) {
      for (JsonNode element : node) {
        amountByModality(prefix, element, flat);
      }
    } else if (!prefix.isEmpty()) {
      Object value = scalar(node);
      if (value != null) {
        flat.put(prefix, value);
      }
    }
  }

  private static void amountByModality(String prefix, JsonNode element, Map<String, Object> flat) {
    JsonNode modality = element.path("modality");
    JsonNode amount =
        element.has("tokenCount")
            ? element.path("tokenCount")
            : element.has("token_count") ? element.path("token_count") : element.path("tokens");
    Object value = scalar(amount);
    if (value == null || modality.isMissingNode()) {
      return;
    }
    String name =
        modality.isInt() && modality.intValue() >= 0 && modality.intValue() < MODALITIES.length
            ? MODALITIES[modality.intValue()]
            : modality.asText().toLowerCase(Locale.ROOT);
    flat.put(prefix + '.' + name, value);
  }

  private static @Nullable Object scalar(JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (node.isNumber()) {
      return node.isDouble() || node.isFloat() ? (Object) node.doubleValue() : node.decimalValue();
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    return node.isBoolean() ? node.booleanValue() : null;
  }

  static String snakeCase(String name) {
    StringBuilder snake = new StringBuilder(name.length() + 4);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        if (i > 0 && snake.charAt(snake.length() - 1) != '_') {
          snake.append('_');
        }
        snake.append((char) (c - 'A' + 'a'));
      } else {
        snake.append(c);
      }
    }
    return snake.toString();
  }
}
