package dev.tokenledger.platform.openapi;

import dev.tokenledger.platform.problem.Problem;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.Paths;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** What holds for every operation: how a caller shows a key, and how failures look. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.RUNTIME_STARTUP)
public class RulesInDocument implements OASFilter {
  private static final String BEARER = "bearer";
  private static final String API_KEY = "api_key";
  private static final String PROBLEM = "Problem";

  /** The last part of a path that matches anything, which no document can say. */
  private static final String ANY_PATH = "{path}";

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document.getInfo().setTitle("TokenLedger API");
    document.setServers(
        List.of(OASFactory.createServer().url("/").description("Where this document comes from")));
    if (document.getComponents() == null) {
      document.setComponents(OASFactory.createComponents());
    }
    document
        .getComponents()
        .setSecuritySchemes(
            Map.of(
                BEARER,
                OASFactory.createSecurityScheme()
                    .type(SecurityScheme.Type.HTTP)
                    .scheme("bearer")
                    .description(
                        "An API key. The first ones are in bootstrap.env in the data directory."),
                API_KEY,
                OASFactory.createSecurityScheme()
                    .type(SecurityScheme.Type.APIKEY)
                    .in(SecurityScheme.In.HEADER)
                    .name("x-api-key")
                    .description(
                        "The same key, for clients that send it in a header of its own.")));
    document.getComponents().addSchema(PROBLEM, problem());
    Schema scope = document.getComponents().getSchemas().get("BudgetScope");
    if (scope != null) {
      scope.setProperties(null);
      scope.setDescription("Values by dimension, one alone or several; {} is everything.");
      scope.setAdditionalPropertiesSchema(
          OASFactory.createSchema()
              .addAnyOf(text())
              .addAnyOf(OASFactory.createSchema().addType(Schema.SchemaType.ARRAY).items(text())));
      scope.setExamples(List.of(Map.of("agent", "support-bot")));
    }
    if (document.getPaths() == null || document.getPaths().getPathItems() == null) {
      return;
    }
    Paths paths = OASFactory.createPaths();
    document
        .getPaths()
        .getPathItems()
        .forEach(
            (path, item) -> {
              item.getOperations()
                  .forEach((method, operation) -> complete(path, method, operation));
              paths.addPathItem(
                  path.endsWith(ANY_PATH)
                      ? path.substring(0, path.length() - ANY_PATH.length())
                      : path,
                  item);
            });
    document.setPaths(paths);
  }

  private static void complete(String path, PathItem.HttpMethod method, Operation operation) {
    List<String> scopes = scopes(operation);
    if (!scopes.isEmpty()) {
      operation.setSecurity(List.of(requirement(BEARER), requirement(API_KEY)));
      String needs = "Needs a key with the scope " + String.join(" or ", scopes) + ".";
      String said = operation.getDescription();
      operation.setDescription(said == null ? needs : said + " " + needs);
    }
    if (operation.getParameters() != null) {
      List<Parameter> kept = new ArrayList<>(operation.getParameters());
      // Every client sends it by itself.
      kept.removeIf(parameter -> "Content-Length".equalsIgnoreCase(parameter.getName()));
      operation.setParameters(kept);
    }
    boolean body = operation.getRequestBody() != null;
    boolean changes = method != PathItem.HttpMethod.GET;
    failure(operation, "400", "A field or parameter is not valid; 'code' and 'field' say which");
    failure(operation, "401", "No valid key");
    failure(operation, "403", "The key lacks the scope");
    if (path.contains("/{")) {
      failure(operation, "404", "Not found");
    }
    if (changes && !path.startsWith("/v1/analytics") && !path.startsWith("/v1/budgets/authorize")) {
      failure(operation, "409", "It conflicts with what is there");
    }
    if (body) {
      failure(operation, "413", "The body is too large");
      failure(operation, "415", "The content type is not one that is read here");
    }
    if (path.equals("/v1/events") || path.equals("/v1/traces")) {
      failure(operation, "429", "The quota is used up; Retry-After says when to send again");
    }
    failure(operation, "503", "Nothing was carried out; Retry-After says when to send again");
  }

  /** The framework knows the scopes from the annotations, and names a scheme that there is not. */
  private static List<String> scopes(Operation operation) {
    List<String> scopes = new ArrayList<>();
    if (operation.getSecurity() != null) {
      for (SecurityRequirement requirement : operation.getSecurity()) {
        requirement.getSchemes().values().forEach(scopes::addAll);
      }
    }
    return scopes.stream().distinct().toList();
  }

  private static SecurityRequirement requirement(String scheme) {
    return OASFactory.createSecurityRequirement().addScheme(scheme, List.of());
  }

  private static void failure(Operation operation, String status, String description) {
    APIResponse response = operation.getResponses().getAPIResponse(status);
    if (response == null) {
      response = OASFactory.createAPIResponse();
      operation.getResponses().addAPIResponse(status, response);
      response.setDescription(description);
    } else if (response.getDescription() == null
        || List.of("Bad Request", "Not Authorized", "Not Allowed")
            .contains(response.getDescription())) {
      response.setDescription(description);
    }
    if (response.getContent() == null) {
      response.setContent(
          OASFactory.createContent()
              .addMediaType(
                  Problem.MEDIA_TYPE,
                  OASFactory.createMediaType()
                      .schema(OASFactory.createSchema().ref("#/components/schemas/" + PROBLEM))));
    }
  }

  private static Schema problem() {
    Map<String, Schema> members = new LinkedHashMap<>();
    members.put("type", text().description("Identifies the kind of problem"));
    members.put("title", text().description("The same for every occurrence of the code"));
    members.put(
        "status",
        OASFactory.createSchema()
            .addType(Schema.SchemaType.INTEGER)
            .description("The HTTP status"));
    members.put("detail", text().description("What was wrong, where, and what to do"));
    members.put("code", text().description("Stable, for programs, as invalid_field"));
    members.put("field", text().description("The field of the body that it is about, if it is"));
    members.put("parameter", text().description("The parameter that it is about, if it is"));
    return OASFactory.createSchema()
        .addType(Schema.SchemaType.OBJECT)
        .description("An error answer, RFC 9457")
        .properties(members)
        .required(List.of("type", "title", "status", "detail", "code"));
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(Schema.SchemaType.STRING);
  }
}
