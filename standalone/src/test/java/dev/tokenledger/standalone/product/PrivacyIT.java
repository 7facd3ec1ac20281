package dev.tokenledger.standalone.product;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Words that must not be kept are sent in every place where senders put them, and then looked for
 * in every row of the database and in the log.
 */
@ExtendWith(Product.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivacyIT {
  private final String mark = UUID.randomUUID().toString().substring(0, 8);
  private final String email = "alice." + mark + "@example.com";
  private final String user = "employee-" + mark;
  private final String prompt = "the secret recipe " + mark + " of grandmother";
  private final String answer = "it is butter " + mark + " of course";

  private final TokenLedgerProcess product;
  private final Ledger ledger;
  private final String key;

  PrivacyIT(TokenLedgerProcess product) throws Exception {
    this.product = product;
    this.ledger = product.ledger();
    Api api = Projects.create(product, "privacy").ingest();
    this.key = api.key();
    assertThat(api.report(nativeEvents()).accepted()).isEqualTo(3);
    assertThat(api.report("[{\"id\":\"" + prompt, "Content-Type", "application/json").status())
        .isEqualTo(400);
    ObjectNode wrong = Events.call("wrong-" + mark, 1, 1).put("status", "about " + prompt);
    assertThat(api.report(wrong).rejectedCodes()).containsExactly("invalid_value");
    assertThat(api.post("/v1/traces", trace()).status()).isEqualTo(200);
    assertThat(product.api(key + "x").get("/v1/keys").status()).isEqualTo(401);
    ledger.awaitSettled();
  }

  @Test
  void noRowOfTheDatabaseHoldsAPersonAPromptOrAKey() throws Exception {
    List<String> words = new ArrayList<>(forbidden());
    forbidden().forEach(word -> words.add(HexFormat.of().formatHex(word.getBytes(UTF_8))));
    List<String> found = new ArrayList<>();
    try (Connection connection = ledger.connect();
        Statement statement = connection.createStatement()) {
      for (String table : tables()) {
        for (String word : words) {
          String rows = "FROM " + table + " AS row WHERE position('" + word + "' IN row::text) > 0";
          try (ResultSet row = statement.executeQuery("SELECT row::text " + rows + " LIMIT 1")) {
            if (row.next()) {
              found.add(table + " holds " + word + ": " + row.getString(1));
            }
          }
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void theLogHoldsNoPersonNoPromptAndNoKey() throws Exception {
    String log = Files.readString(product.log());
    assertThat(log).isNotEmpty();
    for (String word : forbidden()) {
      assertThat(log).doesNotContain(word);
    }
    assertThat(log)
        .doesNotContain(secretOf(product.firstKey("TOKENLEDGER_ADMIN_KEY")))
        .doesNotContain(secretOf(product.firstKey("TOKENLEDGER_INGEST_KEY")))
        .doesNotContain(product.firstKey("TOKENLEDGER_LANGFUSE_SECRET_KEY"))
        .doesNotContain(product.secret("postgres"))
        .doesNotContain(product.secret("redis"));
  }

  @Test
  void aPersonIsTheSamePseudonymInEveryEvent() throws Exception {
    assertThat(
            ledger.rows(
                "SELECT DISTINCT d.value FROM ledger.events e JOIN ledger.dimension_values d"
                    + " ON d.tenant_id = e.tenant_id AND d.dimension = 13 AND d.value_id = e.\"user\""
                    + " WHERE e.event_id LIKE ?",
                "person-" + mark + "-%"))
        .hasSize(1)
        .allSatisfy(row -> assertThat((String) row.get(0)).matches("u_[0-9a-f]{32}"));
  }

  /** All tables but partitions, whose rows are those of their parents. */
  private List<String> tables() throws Exception {
    return ledger
        .rows(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
                + " AND NOT relispartition AND relpersistence <> 't' AND relnamespace::regnamespace::text"
                + " NOT IN ('pg_catalog', 'information_schema')")
        .stream()
        .map(row -> (String) row.get(0))
        .toList();
  }

  private List<String> forbidden() {
    return List.of(email, user, prompt, answer, "recipe " + mark, "butter " + mark, secretOf(key));
  }

  private static String secretOf(String key) {
    return key.substring(key.lastIndexOf('_') + 1);
  }

  private List<ObjectNode> nativeEvents() {
    ObjectNode first = Events.call("person-" + mark + "-1", 10, 1).put("user", email);
    first.put("prompt_text", prompt).put("completion", answer).put("input", prompt);
    first.put("session", "session of " + email).put("note", "mail " + email + " about it");
    first.putObject("tags").put("owner", email);
    first.putArray("messages").addObject().put("role", "user").put("content", prompt);
    ObjectNode second = Events.call("person-" + mark + "-2", 10, 1).put("user", email);
    second.putObject("attributes").put("completion", answer).put("contact", email);
    ObjectNode third = Events.call("other-" + mark, 10, 1).put("user", user);
    return List.of(first, second, third);
  }

  private ObjectNode trace() {
    ObjectNode body = Api.JSON.createObjectNode();
    ObjectNode span =
        body.putArray("resourceSpans")
            .addObject()
            .putArray("scopeSpans")
            .addObject()
            .putArray("spans")
            .addObject();
    long start = Events.anHourAgo().toEpochMilli();
    span.put("traceId", UUID.randomUUID().toString().replace("-", ""))
        .put("spanId", "00000000000000a1")
        .put("name", "chat gpt-4o")
        .put("startTimeUnixNano", start + "000000")
        .put("endTimeUnixNano", (start + 10) + "000000");
    span.putObject("status").put("code", 2).put("message", "failed on: " + prompt);
    ArrayNode attributes = span.putArray("attributes");
    attribute(attributes, "gen_ai.operation.name", "chat");
    attribute(attributes, "gen_ai.request.model", "gpt-4o");
    attribute(attributes, "gen_ai.input.messages", "[{\"content\":\"" + prompt + "\"}]");
    attribute(attributes, "gen_ai.output.messages", "[{\"content\":\"" + answer + "\"}]");
    attribute(attributes, "gen_ai.prompt.0.content", prompt);
    attribute(attributes, "gen_ai.completion.0.content", answer);
    attribute(attributes, "gen_ai.system_instructions", prompt);
    attribute(attributes, "gen_ai.tool.call.arguments", prompt);
    attribute(attributes, "gen_ai.tool.call.result", answer);
    attribute(attributes, "input.value", prompt);
    attribute(attributes, "output.value", answer);
    attribute(attributes, "llm.input_messages.0.message.content", prompt);
    attribute(attributes, "traceloop.entity.input", prompt);
    attribute(attributes, "traceloop.entity.output", answer);
    attribute(attributes, "ai.prompt", prompt);
    attribute(attributes, "ai.response.text", answer);
    attribute(attributes, "langfuse.observation.input", prompt);
    attribute(attributes, "langfuse.trace.metadata.owner", email);
    attribute(attributes, "user.id", user);
    attribute(attributes, "enduser.id", email);
    attribute(attributes, "user.email", email);
    ObjectNode event = span.putArray("events").addObject().put("name", "gen_ai.user.message");
    event.put("timeUnixNano", start + "000000");
    attribute(event.putArray("attributes"), "content", prompt);
    ObjectNode exception = ((ArrayNode) span.path("events")).addObject().put("name", "exception");
    exception.put("timeUnixNano", start + "000000");
    attribute(exception.putArray("attributes"), "exception.message", "about " + prompt);
    return body;
  }

  private static void attribute(ArrayNode attributes, String name, String value) {
    attributes.addObject().put("key", name).putObject("value").put("stringValue", value);
  }
}
