package dev.tokenledger.platform.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the classes, when the application is built, what the framework does not: where null
 * may come, and with which status a success is answered.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class TypesInDocument implements OASFilter {
  private static final DotName NULLABLE = DotName.createSimple(Nullable.class);
  private static final DotName UNWRAPPED =
      DotName.createSimple("com.fasterxml.jackson.annotation.JsonUnwrapped");
  private static final DotName PATH = DotName.createSimple("jakarta.ws.rs.Path");
  private static final DotName STATUS =
      DotName.createSimple("org.jboss.resteasy.reactive.ResponseStatus");
  private static final String OURS = "dev.tokenledger.";

  private final IndexView index;

  public TypesInDocument(IndexView index) {
    this.index = index;
  }

  @Override
  public void filterOpenAPI(OpenAPI document) {
    if (document.getComponents() != null && document.getComponents().getSchemas() != null) {
      Map<String, List<ClassInfo>> records = records();
      document
          .getComponents()
          .getSchemas()
          .forEach((name, schema) -> sayNullable(name, schema, records));
    }
    Map<String, String> statuses = statuses();
    if (document.getPaths() != null && document.getPaths().getPathItems() != null) {
      document.getPaths().getPathItems().forEach((path, item) -> sayStatus(path, item, statuses));
    }
  }

  private Map<String, List<ClassInfo>> records() {
    Map<String, List<ClassInfo>> records = new HashMap<>();
    for (ClassInfo type : index.getKnownClasses()) {
      if (type.isRecord() && type.name().toString().startsWith(OURS)) {
        records.computeIfAbsent(type.simpleName(), name -> new ArrayList<>()).add(type);
      }
    }
    return records;
  }

  /** Schemas are named after their classes, with a number where two have the same. */
  private void sayNullable(String name, Schema schema, Map<String, List<ClassInfo>> records) {
    Map<String, Schema> properties = schema.getProperties();
    if (properties == null) {
      return;
    }
    List<ClassInfo> candidates =
        records.getOrDefault(name, records.getOrDefault(name.replaceAll("\\d+$", ""), List.of()));
    for (ClassInfo type : candidates) {
      Map<String, RecordComponentInfo> components = new HashMap<>();
      collect(type, components);
      if (candidates.size() == 1 || components.keySet().equals(properties.keySet())) {
        Map<String, Schema> changed = new LinkedHashMap<>(properties);
        components.forEach(
            (property, component) -> {
              if (component.type().hasAnnotation(NULLABLE)) {
                changed.computeIfPresent(property, (same, of) -> withNull(of));
              }
            });
        schema.setProperties(changed);
        return;
      }
    }
  }

  /** The components by the names of their properties, those of unwrapped ones among them. */
  private void collect(ClassInfo type, Map<String, RecordComponentInfo> components) {
    for (RecordComponentInfo component : type.recordComponents()) {
      ClassInfo within =
          component.hasAnnotation(UNWRAPPED) || accessor(type, component)
              ? index.getClassByName(component.type().name())
              : null;
      if (within != null && within.isRecord()) {
        collect(within, components);
      } else {
        components.put(snake(component.name()), component);
      }
    }
  }

  private static boolean accessor(ClassInfo type, RecordComponentInfo component) {
    return type.method(component.name()) != null
        && type.method(component.name()).hasAnnotation(UNWRAPPED);
  }

  private static Schema withNull(Schema schema) {
    if (schema.getRef() != null) {
      return OASFactory.createSchema()
          .addAnyOf(OASFactory.createSchema().ref(schema.getRef()))
          .addAnyOf(OASFactory.createSchema().addType(Schema.SchemaType.NULL));
    }
    List<Schema.SchemaType> types = schema.getType();
    if (types != null && !types.contains(Schema.SchemaType.NULL)) {
      List<Schema.SchemaType> more = new ArrayList<>(types);
      more.add(Schema.SchemaType.NULL);
      schema.setType(more);
    }
    return schema;
  }

  private static String snake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** The declared status of a success, by method and path. */
  private Map<String, String> statuses() {
    Map<String, String> statuses = new HashMap<>();
    for (AnnotationInstance status : index.getAnnotations(STATUS)) {
      if (status.target().kind() != AnnotationTarget.Kind.METHOD) {
        continue;
      }
      ClassInfo resource = status.target().asMethod().declaringClass();
      String path =
          path(resource.declaredAnnotation(PATH))
              + path(status.target().asMethod().declaredAnnotation(PATH));
      for (String verb : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
        if (status
            .target()
            .asMethod()
            .hasDeclaredAnnotation(DotName.createSimple("jakarta.ws.rs." + verb))) {
          statuses.put(verb + " " + path, Integer.toString(status.value().asInt()));
        }
      }
    }
    return statuses;
  }

  private static String path(@Nullable AnnotationInstance path) {
    if (path == null) {
      return "";
    }
    String value = path.value().asString();
    return value.startsWith("/") ? value : "/" + value;
  }

  private static void sayStatus(String path, PathItem item, Map<String, String> statuses) {
    for (Map.Entry<PathItem.HttpMethod, Operation> operation : item.getOperations().entrySet()) {
      String status = statuses.get(operation.getKey() + " " + path);
      APIResponses responses = operation.getValue().getResponses();
      if (status == null || responses == null || responses.hasAPIResponse(status)) {
        continue;
      }
      Set<String> successes = new HashSet<>(responses.getAPIResponses().keySet());
      successes.removeIf(code -> !code.startsWith("2"));
      if (successes.size() == 1) {
        String assumed = successes.iterator().next();
        APIResponse response = responses.getAPIResponse(assumed);
        responses.removeAPIResponse(assumed);
        response.setDescription(
            switch (status) {
              case "201" -> "Created";
              case "202" -> "Accepted";
              case "204" -> "Done";
              default -> response.getDescription();
            });
        if (status.equals("204")) {
          response.setContent(null);
        }
        responses.addAPIResponse(status, response);
      }
    }
  }
}
