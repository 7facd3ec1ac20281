package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.standardwebhooks.Webhook;
import jakarta.mail.Multipart;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each kind of channel, to a receiver of its kind. */
class ChannelsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String ROUTING_KEY = "R0123456789ABCDEFGHIJKLMNOPQRSTU";

  private static MailServer mail;
  private static Webhooks pagerduty;
  private static TokenLedgerProcess product;
  private static Api admin;

  @BeforeAll
  static void start() throws Exception {
    mail = new MailServer();
    pagerduty = new Webhooks();
    product =
        TokenLedgerProcess.start(
            "channels",
            "-Dtokenledger.alerting.smtp.host=127.0.0.1",
            "-Dtokenledger.alerting.smtp.port=" + mail.port(),
            "-Dtokenledger.alerting.smtp.security=none",
            "-Dtokenledger.alerting.smtp.from=TokenLedger <ledger@example.com>",
            "-Dtokenledger.alerting.pagerduty-url=" + pagerduty.url(),
            "-Dtokenledger.alerting.rest-after-failures=3");
    admin = product.admin();
  }

  @AfterAll
  static void stop() throws Exception {
    if (product != null) {
      product.close();
    }
    pagerduty.close();
    mail.close();
  }

  @Test
  void aWebhookIsSignedWithBothSecretsWhileOneReplacesTheOther() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      JsonNode channel = create(webhook(receiver));
      JsonNode rotated = admin.post(path(channel) + "/rotate", Api.JSON.createObjectNode()).json();
      assertThat(Instant.parse(rotated.path("former_valid_until").asText()))
          .isAfter(Instant.now().plus(Duration.ofHours(23)));
      test(channel);
      Eventually.holds("it comes", PATIENCE, () -> receiver.requests().size() == 1);
      Webhooks.Request request = receiver.requests().get(0);
      new Webhook(channel.path("secret").asText()).verify(request.body(), request.headers());
      new Webhook(rotated.path("secret").asText()).verify(request.body(), request.headers());
      assertThat(admin.get(path(channel)).text())
          .as("a channel as it is shown")
          .doesNotContain("whsec_", "secret");
    }
  }

  @Test
  void slackGetsBlocksAndItsUrlIsNeverShownAgain() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      String url = receiver.url() + "services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXwxyz";
      JsonNode channel = create(channel("slack").put("url", url));
      assertThat(channel.path("url").asText()).isEqualTo("http://127.0.0.1/…wxyz");
      spendBeyondABudget("R&D <spender>", channel);
      Eventually.holds("it comes", PATIENCE, () -> receiver.requests().size() == 1);
      Webhooks.Request request = receiver.requests().get(0);
      assertThat(request.path())
          .isEqualTo("/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXwxyz");
      assertThat(request.json().at("/blocks/0/text/text").asText())
          .isEqualTo("[CRITICAL] Budget 'R&amp;D &lt;spender&gt;' has reached 100 %");
      assertThat(request.json().path("blocks").findValuesAsText("type"))
          .contains("header", "section", "context");
      assertThat(request.json().findValue("fields")).hasSize(3);
      assertThat(admin.get("/v1/alerts/channels?limit=200").text()).doesNotContain("T00000000");
      assertThat(admin.get("/q/metrics").text())
          .contains("tokenledger_delivery_attempts_seconds_count")
          .doesNotContain("T00000000");
      assertThat(product.output()).doesNotContain("T00000000");
    }
  }

  @Test
  void aMailReachesEveryRecipientAsTextAndAsHtml() throws Exception {
    ObjectNode body = channel("email");
    body.putArray("recipients").add("ops@example.com").add("finance@example.com");
    JsonNode channel = create(body);
    spendBeyondABudget("Mail & more", channel);
    Eventually.holds("it comes", PATIENCE, () -> mail.mails().size() == 2);
    assertThat(mail.mails())
        .extracting(MailServer.Mail::recipient)
        .containsExactlyInAnyOrder("ops@example.com", "finance@example.com");
    MailServer.Mail first = mail.mails().get(0);
    assertThat(first.message().getSubject())
        .isEqualTo("[CRITICAL] Budget 'Mail & more' has reached 100 %");
    assertThat(first.message().getFrom()[0].toString())
        .isEqualTo("TokenLedger <ledger@example.com>");
    Multipart parts = (Multipart) first.message().getContent();
    assertThat(parts.getBodyPart(0).getContent().toString()).contains("Spent: $0.0105");
    assertThat(parts.getBodyPart(1).getContent().toString())
        .contains("Budget 'Mail &amp; more' has reached 100 %");
    JsonNode delivery =
        admin.get("/v1/alerts/deliveries?channel=" + id(channel)).json().at("/deliveries/0");
    assertThat(first.message().getMessageID())
        .isEqualTo("<" + delivery.path("id").asText() + "@example.com>");
  }

  @Test
  void atPagerDutyATestIsTriggeredAndThenResolved() throws Exception {
    JsonNode channel =
        create(
            channel("pagerduty").put("routing_key", ROUTING_KEY).put("min_severity", "critical"));
    assertThat(channel.path("routing_key").asText()).isEqualTo("…RSTU");
    assertThat(channel.toString()).doesNotContain(ROUTING_KEY);
    test(channel);
    Eventually.holds("both come", PATIENCE, () -> pagerduty.requests().size() == 2);
    List<String> actions = new ArrayList<>();
    for (Webhooks.Request request : pagerduty.requests()) {
      assertThat(request.path()).isEqualTo("/v2/enqueue");
      assertIsEvent(request.json());
      actions.add(request.json().path("event_action").asText());
    }
    assertThat(actions).containsExactly("trigger", "resolve");
    assertThat(pagerduty.requests().get(0).json().path("dedup_key"))
        .isEqualTo(pagerduty.requests().get(1).json().path("dedup_key"));
  }

  /** As the documentation of Events API v2 has it. */
  private static void assertIsEvent(JsonNode event) {
    assertThat(event.path("routing_key").asText()).isEqualTo(ROUTING_KEY).hasSize(32);
    assertThat(event.path("event_action").asText()).isIn("trigger", "acknowledge", "resolve");
    assertThat(event.path("dedup_key").asText().length()).isBetween(1, 255);
    assertThat(names(event))
        .isSubsetOf(
            "routing_key",
            "event_action",
            "dedup_key",
            "payload",
            "images",
            "links",
            "client",
            "client_url");
    JsonNode payload = event.path("payload");
    assertThat(payload.path("summary").asText().length()).isBetween(1, 1024);
    assertThat(payload.path("source").asText()).isNotEmpty();
    assertThat(payload.path("severity").asText()).isIn("critical", "error", "warning", "info");
    assertThat(Instant.parse(payload.path("timestamp").asText())).isBefore(Instant.MAX);
    assertThat(payload.path("custom_details").isObject()).isTrue();
    assertThat(names(payload))
        .isSubsetOf(
            "summary",
            "source",
            "severity",
            "timestamp",
            "component",
            "group",
            "class",
            "custom_details");
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void anAlertmanagerHasTheAlertUntilItIsResolved() throws Exception {
    try (Alertmanager alertmanager = new Alertmanager()) {
      JsonNode channel = create(channel("alertmanager").put("url", alertmanager.url() + "/"));
      spendBeyondABudget("Alertmanager", channel);
      Eventually.holds("the alert is there", PATIENCE, () -> alertmanager.alerts().size() == 1);
      JsonNode alert = alertmanager.alerts().get(0);
      assertThat(alert.at("/labels/alertname").asText()).isEqualTo("budget.threshold_crossed");
      assertThat(alert.at("/labels/severity").asText()).isEqualTo("critical");
      assertThat(alert.at("/labels/budget").asText()).isEqualTo("Alertmanager");
      assertThat(alert.at("/annotations/summary").asText())
          .isEqualTo("Budget 'Alertmanager' has reached 100 %");
      assertThat(alert.at("/status/state").asText()).isEqualTo("active");
      assertThat(Instant.parse(alert.path("endsAt").asText()))
          .isAfter(Instant.now().plus(Duration.ofDays(365)));

      resolve(channel);
      Eventually.holds("it is over", PATIENCE, () -> alertmanager.alerts().isEmpty());

      test(channel);
      Eventually.holds("the test was taken", PATIENCE, () -> delivered(channel) == 4);
      assertThat(alertmanager.alerts()).as("the test is over, too").isEmpty();
    }
  }

  /** Writes the end of what the channel was told, at another severity. */
  private static void resolve(JsonNode channel) throws SQLException, IOException {
    try (Connection connection = product.database();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT payload, dedupe_key, tenant_id FROM alerting.deliveries"
                    + " WHERE channel_id = ?");
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO alerting.deliveries"
                    + " (delivery_id, tenant_id, channel_id, type, dedupe_key, payload)"
                    + " VALUES (gen_random_uuid(), ?, ?, 'over', ?, ?)")) {
      select.setObject(1, UUID.fromString(id(channel)));
      try (ResultSet row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        ObjectNode payload = (ObjectNode) Api.JSON.readTree(row.getString(1));
        payload.put("status", "resolved").put("severity", "low").put("type", "over");
        payload.put("timestamp", Instant.now().toString());
        insert.setInt(1, row.getInt(3));
        insert.setObject(2, UUID.fromString(id(channel)));
        insert.setString(3, row.getString(2));
        insert.setString(4, payload.toString());
        insert.executeUpdate();
      }
    }
  }

  @Test
  void aReceiverThatIsSlowHoldsUpNobodyElse() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (Webhooks slow = new Webhooks(open);
        Webhooks quick = new Webhooks()) {
      JsonNode first = create(webhook(slow));
      JsonNode second = create(webhook(quick));
      for (int i = 0; i < 30; i++) {
        test(first);
      }
      test(second);
      Eventually.holds("it comes", Duration.ofSeconds(5), () -> quick.requests().size() == 1);
      assertThat(slow.requests()).isEmpty();
      open.countDown();
      Eventually.holds("the others come", PATIENCE, () -> slow.received().size() == 30);
    } finally {
      open.countDown();
    }
  }

  @Test
  void aReceiverThatFailsAgainAndAgainRestsUntilSomebodyHasMendedIt() throws Exception {
    Webhooks.Refusal refusal = new Webhooks.Refusal(500, "");
    try (Webhooks receiver = new Webhooks(refusal, refusal, refusal)) {
      JsonNode channel = create(webhook(receiver));
      for (int i = 0; i < 3; i++) {
        test(channel);
        int sent = i + 1;
        Eventually.holds("it is tried", PATIENCE, () -> receiver.requests().size() >= sent);
      }
      Eventually.holds(
          "it rests",
          PATIENCE,
          () -> admin.get(path(channel)).json().path("state").asText().equals("resting"));
      assertThat(admin.get(path(channel)).json().path("failures").asInt()).isEqualTo(3);
      assertThat(admin.get(path(channel)).json().hasNonNull("resting_until")).isTrue();

      ObjectNode enabled = Api.JSON.createObjectNode().put("enabled", true);
      assertThat(admin.patch(path(channel), enabled).json().path("state").asText())
          .isEqualTo("active");
      Eventually.holds("all are delivered", PATIENCE, () -> delivered(channel) == 3);
      assertThat(admin.get(path(channel)).json().path("failures").asInt()).isZero();
    }
  }

  @Test
  void aChannelThatSomebodyHasDisabledGetsATestAndTheRestOnceItGoesOn() throws Exception {
    try (Webhooks receiver = new Webhooks(new Webhooks.Refusal(503, ""))) {
      JsonNode channel = create(webhook(receiver));
      spendBeyondABudget("Disabled", channel);
      Eventually.holds("it is tried", PATIENCE, () -> receiver.requests().size() == 1);
      Eventually.holds(
          "it is noted",
          PATIENCE,
          () -> admin.get(path(channel)).json().path("failures").asInt() == 1);
      ObjectNode state = Api.JSON.createObjectNode();
      assertThat(
              admin.patch(path(channel), state.put("enabled", false)).json().path("state").asText())
          .isEqualTo("disabled");
      makeDue(channel);
      test(channel);
      Eventually.holds("the test comes", PATIENCE, () -> receiver.requests().size() == 2);
      assertThat(receiver.requests().get(1).json().path("type").asText()).isEqualTo("channel.test");

      admin.patch(path(channel), state.put("enabled", true));
      Eventually.holds("the rest comes", PATIENCE, () -> receiver.requests().size() == 3);
      assertThat(receiver.requests().get(2).id()).isEqualTo(receiver.requests().get(0).id());
    }
  }

  /** Makes what waits for a channel due before anything that is written from now on. */
  private static void makeDue(JsonNode channel) throws SQLException {
    try (Connection connection = product.database();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET next_attempt_at = now() - interval '1 minute'"
                    + " WHERE channel_id = ? AND status = 'pending'")) {
      update.setObject(1, UUID.fromString(id(channel)));
      assertThat(update.executeUpdate()).isEqualTo(1);
    }
  }

  @Test
  void aRedirectIsNotFollowedAndTheLogSaysSo() throws Exception {
    try (Webhooks elsewhere = new Webhooks();
        Webhooks receiver = new Webhooks(new Webhooks.Refusal(302, ""))) {
      JsonNode channel = create(webhook(receiver));
      String delivery = test(channel).at("/deliveries/0").asText();
      Eventually.holds("it is tried", PATIENCE, () -> !log(delivery).isEmpty());
      Eventually.holds(
          "its outcome is noted", PATIENCE, () -> log(delivery).get(0).hasNonNull("outcome"));
      assertThat(log(delivery).at("/0/error").asText()).contains("302", "not followed");
      assertThat(elsewhere.requests()).isEmpty();
    }
  }

  private static JsonNode log(String delivery) throws IOException {
    return admin.get("/v1/alerts/deliveries/" + delivery).json().path("log");
  }

  @Test
  void deadLettersAreListedAloneAndPageByPage() throws Exception {
    Webhooks.Refusal gone = new Webhooks.Refusal(410, "");
    try (Webhooks receiver = new Webhooks(gone, gone, gone)) {
      JsonNode channel = create(webhook(receiver));
      Set<String> sent = new java.util.HashSet<>();
      for (int i = 0; i < 3; i++) {
        sent.add(test(channel).at("/deliveries/0").asText());
      }
      String dead = "/v1/alerts/deliveries?status=dead&limit=1&channel=" + id(channel);
      Eventually.holds(
          "all are given up",
          PATIENCE,
          () ->
              admin.get(dead.replace("limit=1", "limit=9")).json().path("deliveries").size() == 3);
      Set<String> listed = new java.util.HashSet<>();
      String cursor = "";
      do {
        JsonNode page = admin.get(dead + cursor).json();
        assertThat(page.path("deliveries")).hasSize(1);
        listed.add(page.at("/deliveries/0/id").asText());
        cursor = page.path("cursor").isTextual() ? "&cursor=" + page.path("cursor").asText() : "";
      } while (!cursor.isEmpty());
      assertThat(listed).isEqualTo(sent);
      assertThat(admin.get(path(channel)).json().path("state").asText()).isEqualTo("disabled");
    }
  }

  @Test
  void channelsAreListedPageByPageChangedAndDeleted() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      JsonNode first = create(webhook(receiver));
      JsonNode second = create(webhook(receiver));
      List<String> listed = new ArrayList<>();
      String cursor = "";
      do {
        JsonNode page = admin.get("/v1/alerts/channels?limit=1" + cursor).json();
        listed.add(page.at("/channels/0/id").asText());
        cursor = page.path("cursor").isTextual() ? "&cursor=" + page.path("cursor").asText() : "";
      } while (!cursor.isEmpty());
      assertThat(listed).doesNotHaveDuplicates().containsSubsequence(id(first), id(second));

      ObjectNode change =
          Api.JSON.createObjectNode().put("name", "new").put("min_severity", "high");
      JsonNode changed = admin.patch(path(first), change).json();
      assertThat(changed.path("name").asText()).isEqualTo("new");
      assertThat(changed.path("min_severity").asText()).isEqualTo("high");
      assertThat(changed.path("url")).isEqualTo(first.path("url"));

      assertThat(admin.delete(path(first)).status()).isEqualTo(204);
      assertThat(admin.get(path(first)).code()).isEqualTo("not_found");
      assertThat(admin.post(path(first) + "/test", change).code()).isEqualTo("not_found");
    }
  }

  @Test
  void whatIsWrongWithAChannelIsSaid() throws Exception {
    Api.Answer noKey = admin.post("/v1/alerts/channels", channel("pagerduty"));
    assertThat(noKey.code()).isEqualTo("invalid_field");
    assertThat(noKey.json().path("field").asText()).isEqualTo("routing_key");
    Api.Answer foreign =
        admin.post("/v1/alerts/channels", channel("email").put("url", "https://1.1.1.1/"));
    assertThat(foreign.detail()).contains("email", "'url'");
    assertThat(admin.get("/v1/alerts/deliveries?status=lost").code())
        .isEqualTo("invalid_parameter");
    assertThat(admin.get("/v1/alerts/channels?cursor=x").code()).isEqualTo("invalid_parameter");
    Api.Answer rotated =
        admin.post(
            path(create(channel("pagerduty").put("routing_key", ROUTING_KEY))) + "/rotate",
            Api.JSON.createObjectNode());
    assertThat(rotated.code()).isEqualTo("conflict");
  }

  @Test
  void anotherTenantHasNoPartInAChannel() throws Exception {
    try (Webhooks receiver = new Webhooks()) {
      JsonNode channel = create(webhook(receiver));
      Api other;
      try (Connection connection = product.database()) {
        int tenant = Tenants.create(connection, "other-" + UUID.randomUUID());
        other = product.api(Tenants.key(connection, tenant, "admin", null));
      }
      Eventually.holds(
          "the key is known", PATIENCE, () -> other.get("/v1/alerts/channels").status() == 200);
      ObjectNode nothing = Api.JSON.createObjectNode();
      assertThat(other.get("/v1/alerts/channels").json().path("channels")).isEmpty();
      assertThat(other.get(path(channel)).code()).isEqualTo("not_found");
      assertThat(other.patch(path(channel), nothing.put("name", "x")).code())
          .isEqualTo("not_found");
      assertThat(other.post(path(channel) + "/test", nothing).code()).isEqualTo("not_found");
      assertThat(other.post(path(channel) + "/rotate", nothing).code()).isEqualTo("not_found");
      String delivery = test(channel).at("/deliveries/0").asText();
      assertThat(other.get("/v1/alerts/deliveries/" + delivery).code()).isEqualTo("not_found");
      assertThat(other.post("/v1/alerts/deliveries/" + delivery + "/replay", nothing).code())
          .isEqualTo("not_found");
    }
  }

  private static ObjectNode webhook(Webhooks receiver) {
    return channel("webhook").put("url", receiver.url());
  }

  private static ObjectNode channel(String type) {
    return Api.JSON.createObjectNode().put("name", type).put("type", type);
  }

  private static JsonNode create(ObjectNode body) throws IOException {
    Api.Answer created = admin.post("/v1/alerts/channels", body);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private static JsonNode test(JsonNode channel) throws IOException {
    Api.Answer sent = admin.post(path(channel) + "/test", Api.JSON.createObjectNode());
    assertThat(sent.status()).as(sent.text()).isEqualTo(202);
    return sent.json();
  }

  private static int delivered(JsonNode channel) throws IOException {
    return admin
        .get("/v1/alerts/deliveries?status=delivered&limit=200&channel=" + id(channel))
        .json()
        .path("deliveries")
        .size();
  }

  private static String id(JsonNode channel) {
    return channel.path("id").asText();
  }

  private static String path(JsonNode channel) {
    return "/v1/alerts/channels/" + id(channel);
  }

  private static void spendBeyondABudget(String name, JsonNode channel) throws IOException {
    String agent = "spender-" + UUID.randomUUID();
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", name)
            .put("amount_usd", "0.01")
            .put("period", "monthly");
    budget.putObject("scope").put("agent", agent);
    budget.putArray("thresholds").add(100);
    budget.putArray("channels").add(id(channel));
    Api.Answer created = admin.post("/v1/budgets", budget);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    ObjectNode call =
        Events.call(
            UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 4_200, 0);
    assertThat(product.ingest().report(call.put("agent", agent)).accepted()).isEqualTo(1);
  }
}
