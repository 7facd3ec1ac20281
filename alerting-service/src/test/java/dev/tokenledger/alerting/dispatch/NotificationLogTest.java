package dev.tokenledger.alerting.dispatch;

import static dev.tokenledger.alerting.AlertingTables.JSON;
import static dev.tokenledger.alerting.AlertingTables.TENANT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NotificationLogTest {
  private static final List<String> BEFORE_TOPICS =
      List.of(
          "V1__alerting.sql",
          "V2__channels.sql",
          "V3__incidents.sql",
          "V4__rules.sql",
          "V5__guard.sql",
          "V6__anomalies.sql",
          "V7__budgets.sql");

  @Test
  void whatWasToldBeforeTopicsWereKeptIsKnownByTheKeyOfItsLatestDelivery() throws Exception {
    TestDatabase stores = TestDatabase.create();
    stores.migrations().migrate("alerting", BEFORE_TOPICS);
    UUID channel = UUID.randomUUID();
    UUID alone = UUID.randomUUID();
    UUID grouped = UUID.randomUUID();
    UUID unlisted = UUID.randomUUID();
    GroupKey group = GroupKey.ofGroup(Map.of("agent", "a"));
    try (Connection owner = stores.asOwner()) {
      execute(
          owner,
          "INSERT INTO alerting.channels (channel_id, tenant_id, name, type, url,"
              + " encrypted_secret, created_by)"
              + " VALUES (?, ?, 'test', 'webhook', 'http://localhost', '', 'test')",
          channel,
          TENANT);
      for (UUID incident : List.of(alone, grouped, unlisted)) {
        execute(
            owner,
            "INSERT INTO alerting.incidents (incident_id, tenant_id, condition_key, source, status,"
                + " level, severity, type, title, text, labels, facts, data, channels, opened_at,"
                + " last_seen_at) VALUES (?, ?, 'rule:' || ?, 'rule', 'open', 1, 'high', '', '', '',"
                + " '{}', '[]', '{}', '{}', now(), now())",
            incident,
            TENANT,
            incident.toString());
        execute(
            owner,
            "INSERT INTO alerting.told (incident_id, channel_id, tenant_id, told_at)"
                + " VALUES (?, ?, ?, now())",
            incident,
            channel,
            TENANT);
      }
      deliver(owner, channel, "rule:" + alone, "{\"labels\": {\"agent\": \"b\"}}");
      deliver(owner, channel, "rule:" + grouped, "{\"labels\": {\"agent\": \"a\"}}");
      deliver(
          owner,
          channel,
          group.key(),
          "{\"labels\": {\"agent\": \"a\"}, \"data\": {\"incident_id\": \"" + grouped + "\"}}");
      deliver(owner, channel, GroupKey.ofGroup(Map.of()).key(), "{\"labels\": {}}");
    }
    List<String> scripts = new ArrayList<>(BEFORE_TOPICS);
    scripts.add("V8__told.sql");
    stores.migrations().migrate("alerting", scripts);

    try (Database database = stores.databases().open(ServiceRole.ALERTING, 1)) {
      Map<UUID, GroupKey> topics =
          database.asService(
              connection ->
                  new NotificationLog(JSON)
                      .topics(connection, channel, List.of(alone, grouped, unlisted)));
      assertThat(topics)
          .isEqualTo(
              Map.of(
                  alone, new GroupKey("rule:" + alone, null),
                  grouped, group,
                  unlisted, new GroupKey("rule:" + unlisted, null)));
    }
  }

  private static void deliver(Connection owner, UUID channel, String key, String payload)
      throws SQLException {
    execute(
        owner,
        "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, dedupe_key,"
            + " payload) VALUES (gen_random_uuid(), ?, ?, 't', ?, ?)",
        TENANT,
        channel,
        key,
        payload);
  }

  private static void execute(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.execute();
    }
  }
}
