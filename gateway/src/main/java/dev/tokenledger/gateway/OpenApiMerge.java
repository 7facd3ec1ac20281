package dev.tokenledger.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One OpenAPI document out of those of the services. A path is taken from the service that answers
 * it. Components that two services have under one name and with different content keep both: the
 * second gets its service's name added, and its references follow.
 */
final class OpenApiMerge {
  private final ObjectNode merged = JsonNodeFactory.instance.objectNode();
  private final ObjectNode paths = JsonNodeFactory.instance.objectNode();
  private final ObjectNode components = JsonNodeFactory.instance.objectNode();
  private final ArrayNode tags = JsonNodeFactory.instance.arrayNode();
  private final Set<String> tagNames = new HashSet<>();

  private OpenApiMerge() {}

  /**
   * @param documents the services' own documents; they are not changed
   */
  static ObjectNode merge(Map<Service, JsonNode> documents) {
    OpenApiMerge merge = new OpenApiMerge();
    documents.forEach((service, document) -> merge.add(service, document.deepCopy()));
    merge.merged.set("tags", merge.tags);
    merge.merged.set("paths", merge.paths);
    merge.merged.set("components", merge.components);
    return merge.merged;
  }

  private void add(Service service, JsonNode document) {
    if (merged.isEmpty()) {
      merged.set("openapi", document.path("openapi"));
      ObjectNode info = merged.putObject("info");
      info.put("title", "TokenLedger API");
      info.set("version", document.path("info").path("version"));
      for (String member : List.of("servers", "security")) {
        if (document.has(member)) {
          merged.set(member, document.get(member));
        }
      }
    }
    Map<String, String> renamed = new HashMap<>();
    for (Map.Entry<String, JsonNode> kind : document.path("components").properties()) {
      for (Map.Entry<String, JsonNode> component : kind.getValue().properties()) {
        JsonNode existing = components.path(kind.getKey()).path(component.getKey());
        if (!existing.isMissingNode() && !existing.equals(component.getValue())) {
          String prefix = "#/components/" + kind.getKey() + "/";
          renamed.put(prefix + component.getKey(), prefix + renamed(component.getKey(), service));
        }
      }
    }
    follow(document, renamed);
    addComponents(service, document.path("components"), renamed);
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      if (RouteTable.serviceOf(path.getKey()).equals(Optional.of(service))) {
        paths.set(path.getKey(), path.getValue());
      }
    }
    for (JsonNode tag : document.path("tags")) {
      if (tagNames.add(tag.path("name").asText())) {
        tags.add(tag);
      }
    }
  }

  private void addComponents(Service service, JsonNode added, Map<String, String> renamed) {
    for (Map.Entry<String, JsonNode> kind : added.properties()) {
      ObjectNode all =
          components.has(kind.getKey())
              ? (ObjectNode) components.get(kind.getKey())
              : components.putObject(kind.getKey());
      for (Map.Entry<String, JsonNode> component : kind.getValue().properties()) {
        String reference = "#/components/" + kind.getKey() + "/" + component.getKey();
        String name = component.getKey();
        all.set(
            renamed.containsKey(reference) ? renamed(name, service) : name, component.getValue());
      }
    }
  }

  private static String renamed(String name, Service service) {
    String label = service.label();
    return Character.toUpperCase(label.charAt(0)) + label.substring(1) + name;
  }

  /** Points references to components that got another name to that one. */
  private static void follow(JsonNode node, Map<String, String> renamed) {
    if (renamed.isEmpty()) {
      return;
    }
    if (node instanceof ObjectNode object) {
      String target = renamed.get(object.path("$ref").asText());
      if (target != null) {
        object.put("$ref", target);
      }
    }
    for (Iterator<JsonNode> children = node.elements(); children.hasNext(); ) {
      follow(children.next(), renamed);
    }
  }
}
