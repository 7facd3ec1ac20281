package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Severity;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** From spending to incidents, from incidents to webhooks, and what people do about them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IncidentsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Several rounds of evaluation and dispatch. */
  private static final Duration A_WHILE = Duration.ofSeconds(3);

  private static final ObjectMapper LIKE_THE_APPLICATIONS =
      JsonMapper.builder()
          .findAndAddModules()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private TokenLedgerProcess product;

  @BeforeAll
  void start() throws Exception {
    product = TokenLedgerProcess.start("incidents");
  }

  @AfterAll
  void stop() throws Exception {
    product.close();
  }

  @Test
  void anIncidentOpensEscalatesIsAcknowledgedAndResolvedAndEachChannelHearsOfItOnce()
      throws Exception {
    try (Webhooks first = new Webhooks();
        Webhooks second = new Webhooks()) {
      List<String> channels = List.of(channel(first), channel(second));
      String agent = "agent-" + UUID.randomUUID();
      budget("states", "0.02", Map.of("agent", agent), channels, 50, 100);
      spend(agent, "any");
      Eventually.holds("both are told", PATIENCE, () -> heard(first) == 1 && heard(second) == 1);
      JsonNode alert = alert(agent);
      String path = "/v1/alerts/" + alert.path("id").asText();
      assertThat(alert.path("status").asText()).isEqualTo("open");
      assertThat(alert.path("level").asInt()).isEqualTo(50);
      assertThat(alert.path("severity").asText()).isEqualTo("medium");

      JsonNode acknowledged = ok(admin().post(path + "/acknowledge", comment("looking into it")));
      assertThat(acknowledged.path("status").asText()).isEqualTo("acknowledged");
      ok(admin().post(path + "/acknowledge", Api.JSON.createObjectNode()));
      ok(
          admin()
              .post(
                  path + "/assign", Api.JSON.createObjectNode().put("assignee", "alice@example")));

      spend(agent, "any");
      Eventually.holds("both are told", PATIENCE, () -> heard(first) == 2 && heard(second) == 2);
      JsonNode escalated = ok(admin().get(path));
      assertThat(escalated.path("status").asText()).isEqualTo("open");
      assertThat(escalated.path("severity").asText()).isEqualTo("critical");
      assertThat(escalated.path("assignee").asText()).isEqualTo("alice@example");
      assertThat(escalated.path("data").path("threshold").asInt()).isEqualTo(100);

      JsonNode resolved = ok(admin().post(path + "/resolve", comment("stopped it")));
      assertThat(resolved.path("status").asText()).isEqualTo("resolved");
      assertThat(resolved.path("condition_holds").asBoolean()).isTrue();
      assertThat(resolved.path("history").findValuesAsText("event"))
          .containsExactly("opened", "acknowledged", "assigned", "escalated", "resolved");
      assertThat(resolved.path("history").findValuesAsText("to"))
          .containsExactly("open", "acknowledged", "acknowledged", "open", "resolved");
      assertThat(resolved.path("history").path(4).path("actor").asText()).startsWith("key:");
      Eventually.holds("both are told", PATIENCE, () -> heard(first) == 3 && heard(second) == 3);
      spend(agent, "any");
      waitAWhile();
      for (Webhooks receiver : List.of(first, second)) {
        assertThat(types(receiver))
            .containsExactly(
                "budget.threshold_crossed", "budget.threshold_crossed", "incident.resolved");
        assertThat(receiver.requests()).as("each under an id of its own").hasSize(3);
      }
      assertThat(admin().post(path + "/acknowledge", Api.JSON.createObjectNode()).code())
          .isEqualTo("conflict");
      assertThat(ids("/v1/alerts?status=resolved&severity=critical&source=budget"))
          .contains(alert.path("id").asText());
      assertThat(ids("/v1/alerts?status=open&status=acknowledged"))
          .doesNotContain(alert.path("id").asText());
    }
  }

  @Test
  void whatIsSilencedIsShownAndToldWhenTheSilenceEnds() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      String agent = "silent-" + UUID.randomUUID();
      Api.Answer created = silence("agent", "=~", "silent-.*");
      assertThat(created.status()).as(created.text()).isEqualTo(201);
      String id = created.json().path("id").asText();
      assertThat(created.json().path("state").asText()).isEqualTo("active");

      budget("silence", "0.01", Map.of("agent", agent), List.of(channel(receiver)), 100);
      spend(agent, "any");
      Eventually.holds("there is an incident", PATIENCE, () -> !alerts(agent).isEmpty());
      waitAWhile();
      assertThat(receiver.requests()).isEmpty();
      assertThat(alert(agent).path("silenced").asBoolean()).isTrue();
      assertThat(alert(agent).path("silenced_by").path(0).asText()).isEqualTo(id);

      assertThat(admin().delete("/v1/alerts/silences/" + id).status()).isEqualTo(204);
      Eventually.holds("it is told", PATIENCE, () -> heard(receiver) == 1);
      assertThat(alert(agent).path("silenced").asBoolean()).isFalse();
      assertThat(
              admin()
                  .get("/v1/alerts/silences?expired=true")
                  .json()
                  .path("silences")
                  .findValuesAsText("id"))
          .contains(id);
    }
  }

  @Test
  void aBroaderBudgetSpeaksForTheNarrowerUntilItIsResolved() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      List<String> channels = List.of(channel(receiver));
      String agent = "inner-" + UUID.randomUUID();
      String feature = "outer-" + UUID.randomUUID();
      budget("outer", "0.01", Map.of("feature", feature), channels, 100);
      budget("inner", "0.01", Map.of("feature", feature, "agent", agent), channels, 100);
      spend("somebody-else", feature);
      Eventually.holds("the outer is told", PATIENCE, () -> heard(receiver) == 1);
      spend(agent, feature);
      Eventually.holds("there is an incident", PATIENCE, () -> !alerts(agent).isEmpty());
      waitAWhile();
      assertThat(heard(receiver)).isEqualTo(1);
      String outer = alert(feature, "outer").path("id").asText();
      assertThat(alert(agent).path("inhibited_by").path(0).asText()).isEqualTo(outer);

      ok(admin().post("/v1/alerts/" + outer + "/resolve", Api.JSON.createObjectNode()));
      Eventually.holds("the inner is told", PATIENCE, () -> heard(receiver) == 3);
      assertThat(types(receiver))
          .containsExactlyInAnyOrder(
              "budget.threshold_crossed", "incident.resolved", "budget.threshold_crossed");
    }
  }

  @Test
  void incidentsOfAGroupLeaveAsOneMessage() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      List<String> channels = List.of(channel(receiver));
      String feature = "grouped-" + UUID.randomUUID();
      ObjectNode settings =
          Api.JSON.createObjectNode().put("group_wait", "20s").put("group_interval", "1m");
      settings.putArray("group_by").add("feature");
      ok(admin().put("/v1/alerts/grouping", settings));
      for (String agent : List.of("one", "two")) {
        budget(agent, "0.01", Map.of("feature", feature, "agent", agent), channels, 100);
        spend(agent, feature);
      }
      Eventually.holds("they are told", PATIENCE, () -> heard(receiver) == 1);
      JsonNode message = receiver.received().values().iterator().next();
      assertThat(message.path("type").asText()).isEqualTo("incident.group");
      assertThat(message.at("/data/group/feature").asText()).isEqualTo(feature);
      assertThat(message.at("/data/incidents")).hasSize(2);
    } finally {
      ok(admin().put("/v1/alerts/grouping", Api.JSON.createObjectNode()));
    }
  }

  @Test
  void anIncidentEndsWithItsPeriodAndWithItsBudget() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      List<String> channels = List.of(channel(receiver));
      String over = "over-" + UUID.randomUUID();
      String gone = "gone-" + UUID.randomUUID();
      String first = budget("over", "0.01", Map.of("agent", over), channels, 100);
      String second = budget("gone", "0.01", Map.of("agent", gone), channels, 100);
      spend(over, "any");
      spend(gone, "any");
      Eventually.holds("both are told", PATIENCE, () -> heard(receiver) == 2);
      try (Connection connection = product.database();
          PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE alerting.incidents SET condition_key = ? WHERE incident_id = ?")) {
        // As if the month had passed.
        update.setString(1, "budget:" + first + ":2026-01-01T00:00:00Z");
        update.setObject(2, UUID.fromString(alert(over).path("id").asText()));
        update.executeUpdate();
      }
      assertThat(admin().delete("/v1/budgets/" + second).status()).isEqualTo(204);
      Eventually.holds("both ends are told", PATIENCE, () -> heard(receiver) == 4);
      for (Map.Entry<String, String> reason :
          Map.of(over, "the period has ended", gone, "the budget was deleted").entrySet()) {
        JsonNode alert = alert(reason.getKey());
        assertThat(alert.path("status").asText()).isEqualTo("resolved");
        assertThat(alert.path("resolved_by").asText()).isEqualTo("system");
        JsonNode details = ok(admin().get("/v1/alerts/" + alert.path("id").asText()));
        assertThat(details.at("/history/1/comment").asText()).isEqualTo(reason.getValue());
        assertThat(details.path("condition_holds").asBoolean()).isFalse();
      }
    }
  }

  @Test
  void aTransitionIsToldOnceThoughTheApplicationIsKilledBeforeItsDispatch() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      String channel = channel(receiver);
      String agent = "killed-" + UUID.randomUUID();
      budget("killed", "0.01", Map.of("agent", agent), List.of(channel), 50, 100);
      try (Connection connection = product.database()) {
        connection.setAutoCommit(false);
        try (PreparedStatement lock =
            connection.prepareStatement(
                "SELECT 1 FROM alerting.channels WHERE channel_id = ? FOR NO KEY UPDATE")) {
          // As another dispatcher would, which then comes to nothing.
          lock.setObject(1, UUID.fromString(channel));
          lock.executeQuery();
          spend(agent, "any");
          Eventually.holds("there is an incident", PATIENCE, () -> !alerts(agent).isEmpty());
          waitAWhile();
          assertThat(receiver.requests()).isEmpty();
          product.kill();
        }
        connection.rollback();
      }
      product.startAgain();
      Eventually.holds("it is told", PATIENCE, () -> heard(receiver) == 2);
      waitAWhile();
      assertThat(receiver.requests()).hasSize(2);
      List<Integer> thresholds = new ArrayList<>();
      for (JsonNode message : receiver.received().values()) {
        thresholds.add(message.at("/data/threshold").asInt());
      }
      assertThat(thresholds).as("in their order").containsExactly(50, 100);
      assertThat(alerts(agent)).hasSize(1);
    }
  }

  /**
   * Evaluators of other processes go on while the application, which tells, dies and comes back.
   */
  @Test
  void manyTransitionsOfSeveralEvaluatorsAreEachToldOnceThroughKills() throws Exception {
    int conditions = 8;
    int levels = 6;
    try (Webhooks first = new Webhooks();
        Webhooks second = new Webhooks()) {
      List<UUID> channels =
          List.of(UUID.fromString(channel(first)), UUID.fromString(channel(second)));
      int tenant = defaultTenant();
      String name = "chaos-" + UUID.randomUUID();
      ExecutorService evaluators = Executors.newFixedThreadPool(3);
      try {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          running.add(
              evaluators.submit(
                  () -> {
                    for (int level = 1; level <= levels; level++) {
                      for (int c = 0; c < conditions; c++) {
                        reportUntilItIsTaken(condition(tenant, name + "-" + c, level, channels));
                      }
                      // So that there is always something under way when the application dies.
                      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(2));
                    }
                    return null;
                  }));
        }
        for (int kills = 0; kills < 2; kills++) {
          int heard = conditions * (kills + 1);
          Eventually.holds("some are told", PATIENCE, () -> heard(first) >= heard);
          product.kill();
          product.startAgain();
        }
        for (Future<?> evaluator : running) {
          evaluator.get(2, TimeUnit.MINUTES);
        }
      } finally {
        evaluators.shutdownNow();
      }
      for (Webhooks receiver : List.of(first, second)) {
        Eventually.holds("all are told", PATIENCE, () -> heard(receiver) >= conditions * levels);
        waitAWhile();
        List<String> told = new ArrayList<>();
        for (JsonNode message : receiver.received().values()) {
          told.add(message.at("/data/condition").asText() + message.at("/data/level").asText());
        }
        assertThat(told).hasSize(conditions * levels).doesNotHaveDuplicates();
      }
    }
  }

  private static Condition condition(int tenant, String key, int level, List<UUID> channels) {
    return new Condition(
        tenant,
        key,
        "rule",
        null,
        level,
        Severity.LOW,
        "rule.firing",
        key + " at " + level,
        "It is at " + level + ".",
        Map.of("rule", key),
        List.of(),
        Map.of("condition", key + " at ", "level", level),
        channels);
  }

  /** As an evaluator does whose next round finds what the last could not say. */
  private void reportUntilItIsTaken(Condition condition) {
    Incidents incidents = new Incidents(LIKE_THE_APPLICATIONS, Clock.systemUTC());
    for (boolean taken = false; !taken && !Thread.currentThread().isInterrupted(); ) {
      try (Connection connection = product.database()) {
        connection.setAutoCommit(false);
        incidents.report(connection, condition);
        connection.commit();
        taken = true;
      } catch (SQLException e) {
        // Postgres goes and comes with the application. Whether a commit was taken is not known.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  private int defaultTenant() throws SQLException {
    return (int)
        product.ledger().number("SELECT tenant_id FROM admission.tenants WHERE name = 'default'");
  }

  @Test
  void whoMayReadMayNotChangeAndAnotherTenantSeesNothing() throws Exception {
    try (Webhooks receiver = new Webhooks();
        Connection connection = product.database()) {
      String agent = "guarded-" + UUID.randomUUID();
      budget("guarded", "0.01", Map.of("agent", agent), List.of(channel(receiver)), 100);
      spend(agent, "any");
      Eventually.holds("there is an incident", PATIENCE, () -> !alerts(agent).isEmpty());
      String path = "/v1/alerts/" + alert(agent).path("id").asText();
      int tenant = defaultTenant();
      Api reader = product.api(Tenants.key(connection, tenant, "read", null));
      int other = Tenants.create(connection, "other-" + UUID.randomUUID());
      Api stranger = product.api(Tenants.key(connection, other, "admin", null));
      Eventually.holds(
          "the keys are known",
          PATIENCE,
          () -> reader.get(path).status() == 200 && stranger.get(path).status() == 404);
      assertThat(reader.post(path + "/resolve", Api.JSON.createObjectNode()).code())
          .isEqualTo("forbidden");
      assertThat(stranger.post(path + "/resolve", Api.JSON.createObjectNode()).code())
          .isEqualTo("not_found");
      assertThat(stranger.get("/v1/alerts").json().path("alerts")).isEmpty();
      assertThat(stranger.get("/v1/alerts/silences").json().path("silences")).isEmpty();
    }
  }

  @Test
  void whatCannotBeMeantIsRefusedWithTheReason() throws Exception {
    assertThat(silence("agent", "=~", "(").detail())
        .startsWith("The matcher of 'agent' cannot be used: '(' is no pattern");
    assertThat(silence("agent", "~", "a").detail()).contains("must be =, !=, =~ or !~");
    assertThat(silence("agent", "=~", ".*").detail()).contains("would silence everything");
    ObjectNode settings = Api.JSON.createObjectNode().put("group_wait", "30s");
    assertThat(admin().put("/v1/alerts/grouping", settings).detail())
        .contains("say with 'group_by' what they are");
    settings.putArray("group_by").add("severity");
    assertThat(admin().put("/v1/alerts/grouping", settings).detail())
        .contains("cannot have 'severity'");
    assertThat(
            admin()
                .put(
                    "/v1/alerts/grouping",
                    Api.JSON.createObjectNode().put("repeat_interval", "soon"))
                .code())
        .isEqualTo("invalid_field");
    assertThat(admin().get("/v1/alerts?status=closed").detail())
        .isEqualTo("'status' is one of open, acknowledged, resolved.");
    assertThat(admin().get("/v1/alerts/" + UUID.randomUUID()).code()).isEqualTo("not_found");
  }

  private Api.Answer silence(String label, String operator, String value) throws IOException {
    ObjectNode silence =
        Api.JSON
            .createObjectNode()
            .put("ends_at", Instant.now().plus(Duration.ofHours(1)).toString());
    silence
        .putArray("matchers")
        .addObject()
        .put("label", label)
        .put("operator", operator)
        .put("value", value);
    return admin().post("/v1/alerts/silences", silence);
  }

  private Api admin() {
    return product.admin();
  }

  @Test
  void aBudgetThatIsRaisedAboveWhatIsSpentHasNoIncidentAnyMore() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      String agent = "agent-" + UUID.randomUUID();
      String budget =
          budget("raised", "0.01", Map.of("agent", agent), List.of(channel(receiver)), 100);
      spend(agent, "any");
      Eventually.holds("it is told", PATIENCE, () -> heard(receiver) == 1);
      Api.Answer raised =
          admin()
              .patch(
                  "/v1/budgets/" + budget, Api.JSON.createObjectNode().put("amount_usd", "5.00"));
      assertThat(raised.status()).as(raised.text()).isEqualTo(200);
      Eventually.holds("its end is told", PATIENCE, () -> heard(receiver) == 2);
      assertThat(types(receiver)).contains("incident.resolved");
      assertThat(alert(agent).path("status").asText()).isEqualTo("resolved");
    }
  }

  private String channel(Webhooks receiver) throws IOException {
    ObjectNode channel =
        Api.JSON
            .createObjectNode()
            .put("name", "incidents")
            .put("type", "webhook")
            .put("url", receiver.url());
    Api.Answer created = admin().post("/v1/alerts/channels", channel);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json().path("id").asText();
  }

  private String budget(
      String name,
      String amount,
      Map<String, String> scope,
      List<String> channels,
      int... thresholds)
      throws IOException {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", name)
            .put("amount_usd", amount)
            .put("period", "monthly");
    ObjectNode values = budget.putObject("scope");
    scope.forEach(values::put);
    for (int threshold : thresholds) {
      budget.withArray("/thresholds").add(threshold);
    }
    for (String channel : channels) {
      budget.withArray("/channels").add(channel);
    }
    Api.Answer created = admin().post("/v1/budgets", budget);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json().path("id").asText();
  }

  /** 4,200 tokens of gpt-4o: $0.0105. */
  private void spend(String agent, String feature) throws IOException {
    ObjectNode call =
        Events.call(
            UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 4_200, 0);
    call.put("agent", agent).put("feature", feature);
    assertThat(product.ingest().report(call).accepted()).isEqualTo(1);
  }

  private static ObjectNode comment(String text) {
    return Api.JSON.createObjectNode().put("comment", text);
  }

  private static JsonNode ok(Api.Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private List<String> ids(String path) throws IOException {
    return ok(admin().get(path)).path("alerts").findValuesAsText("id");
  }

  /** Incidents that have a label of this value. */
  private List<JsonNode> alerts(String value) throws IOException {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode alert : ok(admin().get("/v1/alerts?limit=200")).path("alerts")) {
      for (JsonNode label : alert.path("labels")) {
        if (label.asText().equals(value)) {
          found.add(alert);
        }
      }
    }
    return found;
  }

  private JsonNode alert(String value) throws IOException {
    List<JsonNode> found = alerts(value);
    assertThat(found).as("incidents of " + value).hasSize(1);
    return found.get(0);
  }

  private JsonNode alert(String value, String budget) throws IOException {
    return alerts(value).stream()
        .filter(alert -> alert.at("/labels/budget").asText().equals(budget))
        .findFirst()
        .orElseThrow();
  }

  private static int heard(Webhooks receiver) throws IOException {
    return receiver.received().size();
  }

  private static List<String> types(Webhooks receiver) throws IOException {
    List<String> types = new ArrayList<>();
    for (JsonNode message : receiver.received().values()) {
      types.add(message.path("type").asText());
    }
    return types;
  }

  /** Lets the loops go round, so that what is not to happen has had its time. */
  private static void waitAWhile() throws InterruptedException {
    Thread.sleep(A_WHILE.toMillis());
  }
}
