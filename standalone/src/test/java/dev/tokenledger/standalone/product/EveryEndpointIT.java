package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Every operation of the OpenAPI document: its examples are taken as they are and answered as it
 * says, and nothing that is sent to it is answered with a 500.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EveryEndpointIT {
  /** Takes whatever fails to be read in words of its own protocol. */
  private static final String OTLP = "/v1/traces";

  private static final String FAR = "+876543210-05-06T07:08:09Z";
  private static final String NOBODY = "00000000-0000-4000-8000-000000000000";

  private static final List<String> BODIES =
      List.of(
          "",
          " ",
          "{",
          "[",
          "]",
          "nonsense",
          "null",
          "7",
          "-1e400",
          "\"text\"",
          "true",
          "[]",
          "[null]",
          "[[]]",
          "{}",
          "{\"\":0}",
          "{\"no_such_field\":1}",
          "{\"a\\u0000\":\"b\\u0000\"}",
          "{\"name\":\"\\udc00\"}",
          "\u0000",
          "\ufeff{}",
          "{\"a\":".repeat(900) + "1" + "}".repeat(900),
          "[".repeat(3_000),
          "{\"name\":" + "9".repeat(5_000) + "}",
          "{" + "\"k\":1,".repeat(20_000) + "\"k\":1}");

  /** What a single field is replaced by. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "\"\"",
          "\" \"",
          "\"n\\u0000l\"",
          "\"\\ud83d\"",
          "\"\\ude00\\ud83d\"",
          "\"" + "x".repeat(9_000) + "\"",
          "\"" + FAR + "\"",
          "\"-999999999-01-01T00:00:00Z\"",
          "\"0001-01-01T00:00:00Z\"",
          "\"1e999999999\"",
          "\"-1\"",
          "\"NaN\"",
          "0",
          "-1",
          "1.5",
          "99999999999999999999",
          "1e300",
          "9223372036854775807",
          "true",
          "[]",
          "{}",
          "[null]",
          "[\"n\\u0000l\"]",
          "[1e400]",
          "{\"n\\u0000l\":\"v\"}",
          "{\"agent\":\"n\\u0000l\"}",
          "{\"agent\":[\"\\udfff\"]}",
          "{\"tags.n\\u0000l\":[\"x\"]}",
          "[[[[[[[[\"deep\"]]]]]]]]");

  private static final List<String> PARAMETERS =
      List.of(
          "",
          " ",
          "\u0000",
          "a\u0000b",
          "abc",
          "-1",
          "0",
          "1e9",
          "99999999999999999999",
          FAR,
          "-999999999-01-01",
          "'; --",
          "\u202e",
          "x".repeat(2_000),
          NOBODY);

  private static TokenLedgerProcess product;
  private static Api api;
  private static JsonNode document;

  @BeforeAll
  static void start() throws Exception {
    product =
        TokenLedgerProcess.start(
            "endpoints",
            "-Dtokenledger.alerting.smtp.host=127.0.0.1",
            "-Dtokenledger.alerting.smtp.from=ledger@example.com");
    api = product.admin();
    document = api.get("/openapi?format=json").json();
  }

  @AfterAll
  static void stop() throws Exception {
    product.close();
  }

  private record Operation(String method, String path, JsonNode said) {
    private JsonNode content() {
      return said.path("requestBody").path("content").path("application/json");
    }
  }

  // What the other tests make of the examples would be there already.
  @Test
  @Order(1)
  void everyExampleIsTakenAsItIsAndAnsweredAsTheDocumentSays() throws Exception {
    Map<String, String> ids = new HashMap<>();
    int sent = 0;
    for (Operation operation : operations()) {
      if (operation.content().isMissingNode() || !operation.said.has("requestBody")) {
        continue;
      }
      assertThat(operation.content().path("examples").size())
          .as("examples of %s", operation)
          .isPositive();
      // Those that need something that is there come after what makes it.
      if (operation.path.contains("{")) {
        continue;
      }
      for (JsonNode example : operation.content().path("examples")) {
        JsonNode answer = accepted(operation, operation.path, example.path("value"));
        if (answer.path("id").isTextual()) {
          ids.put(operation.path, answer.path("id").asText());
        }
        sent++;
      }
    }
    // The events of the examples have spent more than this.
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "spent")
            .put("amount_usd", "0.001")
            .put("period", "rolling")
            .put("rolling_days", 7)
            .put("type", "warning");
    budget.putObject("scope");
    assertThat(
            product
                .ingest()
                .report(Events.call(UUID.randomUUID().toString(), 5_000, 5_000))
                .status())
        .isEqualTo(202);
    assertThat(api.post("/v1/budgets", budget).status()).isEqualTo(201);
    Eventually.holds(
        "there is an alert",
        Duration.ofSeconds(30),
        () -> api.get("/v1/alerts?source=budget").json().path("alerts").size() > 0);
    ids.put("/v1/alerts", api.get("/v1/alerts?source=budget").json().at("/alerts/0/id").asText());
    for (Operation operation : operations()) {
      if (operation.said.has("requestBody") && operation.path.contains("/{id}")) {
        String id = ids.get(operation.path.substring(0, operation.path.indexOf("/{id}")));
        for (JsonNode example : operation.content().path("examples")) {
          accepted(operation, operation.path.replace("{id}", id), example.path("value"));
          sent++;
        }
      }
    }
    assertThat(sent).isGreaterThan(30);
    for (Operation operation : operations()) {
      if (operation.method.equals("GET") && !operation.path.contains("authorize")) {
        boolean named = operation.path.contains("{");
        String id = named ? ids.get(operation.path.substring(0, operation.path.indexOf("/{"))) : "";
        if (id != null && !operation.path.contains("/lookup")) {
          Api.Answer answer = api.get(operation.path.replace("{id}", id));
          assertAsSaid(operation, answer);
        }
      }
    }
  }

  private JsonNode accepted(Operation operation, String path, JsonNode example) throws IOException {
    ObjectNode body = null;
    if (example.isObject() && path.equals("/v1/alerts/channels") && example.has("url")) {
      // Names are looked up when a channel is made, and tests have no names.
      body = ((ObjectNode) example.deepCopy()).put("url", "https://203.0.113.9/services/T/B/X");
    }
    boolean reports = path.equals("/v1/events") || path.equals(OTLP);
    Api.Answer answer =
        (reports ? product.ingest() : api)
            .send(
                path,
                operation.method,
                BodyPublishers.ofString((body == null ? example : body).toString()),
                "Content-Type",
                "application/json");
    assertAsSaid(operation, answer);
    return answer.json();
  }

  private static void assertAsSaid(Operation operation, Api.Answer answer) {
    assertThat(answer.status()).as("%s: %s", operation, answer.text()).isBetween(200, 299);
    JsonNode response = operation.said.path("responses").path(Integer.toString(answer.status()));
    assertThat(response.isMissingNode())
        .as("%s says that it answers %s", operation, answer.status())
        .isFalse();
    JsonNode schema = response.at("/content/application~1json/schema");
    if (!schema.isMissingNode()) {
      List<String> faults = new ArrayList<>();
      compare(schema, answer.json(), "", faults);
      assertThat(faults).as("%s: %s", operation, answer.text()).isEmpty();
    }
  }

  /** Whether a value has the types that a schema gives, null above all. */
  private static void compare(JsonNode schema, JsonNode value, String at, List<String> faults) {
    if (schema.has("$ref")) {
      compare(document.at(schema.path("$ref").asText().substring(1)), value, at, faults);
      return;
    }
    if (schema.has("anyOf")) {
      for (JsonNode one : schema.path("anyOf")) {
        List<String> wrong = new ArrayList<>();
        compare(one, value, at, wrong);
        if (wrong.isEmpty()) {
          return;
        }
      }
      faults.add(at + " is none of what it may be");
      return;
    }
    JsonNode types = schema.path("type");
    if (!types.isMissingNode()) {
      List<String> allowed = new ArrayList<>();
      if (types.isArray()) {
        types.forEach(type -> allowed.add(type.asText()));
      } else {
        allowed.add(types.asText());
      }
      String type =
          value.isNull()
              ? "null"
              : value.isTextual()
                  ? "string"
                  : value.isBoolean()
                      ? "boolean"
                      : value.isIntegralNumber()
                          ? "integer"
                          : value.isNumber() ? "number" : value.isArray() ? "array" : "object";
      if (!allowed.contains(type) && !(type.equals("integer") && allowed.contains("number"))) {
        faults.add(at + " is " + type + " and not one of " + allowed);
        return;
      }
    }
    if (value.isArray() && schema.has("items")) {
      for (JsonNode item : value) {
        compare(schema.path("items"), item, at + "[]", faults);
      }
    }
    if (value.isObject() && schema.has("properties")) {
      for (Map.Entry<String, JsonNode> member : value.properties()) {
        JsonNode of = schema.path("properties").path(member.getKey());
        if (!of.isMissingNode()) {
          compare(of, member.getValue(), at + "." + member.getKey(), faults);
        }
      }
    }
  }

  @Test
  void noBodyIsAnsweredWithAFaultOfOurs() throws Exception {
    List<String> faults = new ArrayList<>();
    for (Operation operation : operations()) {
      if (!List.of("POST", "PUT", "PATCH").contains(operation.method)) {
        continue;
      }
      String path = operation.path.replaceAll("\\{\\w+\\}", NOBODY);
      for (String body : BODIES) {
        send(operation, path, body, faults);
      }
      Iterator<JsonNode> examples = operation.content().path("examples").iterator();
      JsonNode example =
          examples.hasNext() ? examples.next().path("value") : JsonNodeFactory.instance.nullNode();
      JsonNode base = example.isArray() ? example.path(0) : example;
      List<String> fields = new ArrayList<>();
      base.fieldNames().forEachRemaining(fields::add);
      JsonNode schema = operation.content().path("schema");
      document
          .at(schema.path("$ref").asText("#").substring(1))
          .path("properties")
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!fields.contains(name)) {
                  fields.add(name);
                }
              });
      for (String field : fields) {
        for (String value : VALUES) {
          ObjectNode changed = base.isObject() ? base.deepCopy() : Api.JSON.createObjectNode();
          changed.put(field, "@@");
          String text = changed.toString().replace("\"@@\"", value);
          send(operation, path, example.isArray() ? "[" + text + "]" : text, faults);
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void noParameterIsAnsweredWithAFaultOfOurs() throws Exception {
    List<String> faults = new ArrayList<>();
    for (Operation operation : operations()) {
      String path = operation.path.replaceAll("\\{\\w+\\}", NOBODY);
      for (JsonNode parameter : operation.said.path("parameters")) {
        String name = parameter.path("name").asText();
        for (String value : PARAMETERS) {
          String encoded = URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
          if (parameter.path("in").asText().equals("query")) {
            send(operation, path + "?" + name + "=" + encoded, "{}", faults);
          } else if (parameter.path("in").asText().equals("path") && !value.isBlank()) {
            send(operation, operation.path.replace("{" + name + "}", encoded), "{}", faults);
          }
        }
        send(operation, path + "?" + name + "=%ED%A0%80", "{}", faults);
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void aTextWithNulIsRefusedByTheNameOfItsField() throws Exception {
    Api.Answer body =
        api.post(
            "/v1/projects",
            Api.JSON.createObjectNode().put("name", "fine").put("description", "not\u0000fine"));
    assertThat(body.status()).isEqualTo(400);
    assertThat(body.code()).isEqualTo("invalid_field");
    assertThat(body.json().path("field").asText()).isEqualTo("description");
    Api.Answer parameter = api.get("/v1/projects?cursor=not%00fine");
    assertThat(parameter.status()).isEqualTo(400);
    assertThat(parameter.code()).isEqualTo("invalid_parameter");
    assertThat(parameter.json().path("parameter").asText()).isEqualTo("cursor");
    Api.Answer number = api.get("/v1/keys?limit=many");
    assertThat(number.status()).isEqualTo(400);
    assertThat(number.json().path("parameter").asText()).isEqualTo("limit");
  }

  private static void send(Operation operation, String path, String body, List<String> faults)
      throws IOException {
    boolean without = List.of("GET", "DELETE").contains(operation.method);
    Api.Answer answer =
        api.send(
            path,
            operation.method,
            without ? BodyPublishers.noBody() : BodyPublishers.ofString(body),
            "Content-Type",
            "application/json");
    boolean problem = answer.status() >= 400;
    boolean said =
        !problem
            || operation.path.equals(OTLP)
            || (answer.type().startsWith("application/problem+json") && !answer.code().isBlank());
    if (answer.status() >= 500 || !said) {
      faults.add(
          operation.method
              + " "
              + (path.length() > 200 ? path.substring(0, 200) : path)
              + (without ? "" : " " + (body.length() > 300 ? body.substring(0, 300) : body))
              + " -> "
              + answer.status()
              + " "
              + answer.text());
    }
  }

  private static List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        operations.add(
            new Operation(
                method.getKey().toUpperCase(java.util.Locale.ROOT),
                path.getKey(),
                method.getValue()));
      }
    }
    return operations;
  }

  @Test
  void theDocumentSaysHowACallerShowsItsKey() {
    assertThat(document.at("/components/securitySchemes/bearer/scheme").asText())
        .isEqualTo("bearer");
    assertThat(document.at("/components/securitySchemes/api_key/name").asText())
        .isEqualTo("x-api-key");
    assertThat(document.path("servers").size()).isPositive();
    for (Operation operation : operations()) {
      assertThat(operation.said.path("security").findParents("bearer"))
          .as("%s %s", operation.method, operation.path)
          .isNotEmpty();
      for (JsonNode parameter : operation.said.path("parameters")) {
        assertThat(parameter.path("name").asText()).isNotEqualTo("Content-Length");
      }
      for (String status : List.of("400", "401", "403", "503")) {
        assertThat(operation.said.at("/responses/" + status + "/content").toString())
            .as("%s %s %s", operation.method, operation.path, status)
            .contains("Problem");
      }
      for (String part : operation.path.split("/")) {
        if (part.contains("{")) {
          assertThat(operation.said.path("parameters").findValuesAsText("name"))
              .contains(part.substring(1, part.length() - 1));
        }
      }
    }
  }
}
