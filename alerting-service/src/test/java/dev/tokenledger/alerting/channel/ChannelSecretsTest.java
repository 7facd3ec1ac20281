package dev.tokenledger.alerting.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.Settings;
import io.quarkus.runtime.StartupEvent;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class ChannelSecretsTest {
  private final ChannelSecrets derived = secrets(Map.of());
  private final ChannelSecrets own = secrets(Map.of("tokenledger.alerting.secret-key", "first"));
  private final ChannelSecrets next =
      secrets(
          Map.of(
              "tokenledger.alerting.secret-key",
              "second",
              "tokenledger.alerting.former-secret-keys",
              "the owner's password,first"));

  private static ChannelSecrets secrets(Map<String, String> settings) {
    return new ChannelSecrets(
        Settings.alerting(settings), Settings.platform("the owner's password"));
  }

  @Test
  void whatFormerKeysHaveEncryptedIsReadAndWithoutThemItIsNot() {
    assertThat(next.decrypt(derived.encrypt("a"))).isEqualTo("a");
    assertThat(next.decrypt(own.encrypt("b"))).isEqualTo("b");
    assertThat(next.decrypt(next.encrypt("c"))).isEqualTo("c");
    assertThatThrownBy(() -> own.decrypt(next.encrypt("d")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("former-secret-keys");
  }

  @Test
  void whatFormerKeysHaveEncryptedIsEncryptedAnewSoThatTheyCanBeForgotten() throws Exception {
    try (AlertingTables tables = new AlertingTables()) {
      List<UUID> channels = List.of(tables.channel(1), tables.channel(2), tables.channel(3));
      store(tables, channels.get(0), own.encrypt("one"));
      store(tables, channels.get(1), next.encrypt("two"));
      store(tables, channels.get(2), secrets("lost").encrypt("three"));
      tables.execute(
          "INSERT INTO alerting.former_secrets (channel_id, tenant_id, encrypted_secret,"
              + " valid_until) VALUES (?, 1, ?, now())",
          channels.get(0),
          derived.encrypt("former"));
      assertThat(SecretRenewal.renew(tables.database(), next)).isEqualTo(2);
      assertThat(SecretRenewal.renew(tables.database(), next)).isZero();

      ChannelSecrets later = secrets("second");
      assertThat(later.decrypt(stored(tables, channels.get(0)))).isEqualTo("one");
      assertThat(later.decrypt(stored(tables, channels.get(1)))).isEqualTo("two");
      String former =
          tables
              .texts("SELECT encode(encrypted_secret, 'hex') FROM alerting.former_secrets")
              .get(0);
      assertThat(later.decrypt(HexFormat.of().parseHex(former))).isEqualTo("former");
    }
  }

  private static ChannelSecrets secrets(String key) {
    return secrets(Map.of("tokenledger.alerting.secret-key", key));
  }

  private static void store(AlertingTables tables, UUID channel, byte[] secret) throws Exception {
    tables.execute(
        "UPDATE alerting.channels SET encrypted_secret = ? WHERE channel_id = ?", secret, channel);
  }

  private static byte[] stored(AlertingTables tables, UUID channel) throws Exception {
    return HexFormat.of()
        .parseHex(
            tables
                .texts(
                    "SELECT encode(encrypted_secret, 'hex') FROM alerting.channels"
                        + " WHERE channel_id = ?",
                    channel)
                .get(0));
  }

  @Test
  void aKeyThatIsDerivedFromThePasswordOfTheDatabaseIsWarnedOf() {
    List<String> warnings = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord message) {
            warnings.add(message.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(ChannelSecrets.class.getName());
    logger.addHandler(handler);
    try {
      own.begin(new StartupEvent());
      assertThat(warnings).isEmpty();
      derived.begin(new StartupEvent());
      assertThat(warnings).hasSize(1);
      assertThat(warnings.get(0)).contains("secret-key").doesNotContain("the owner's password");
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void ofADeletedChannelNothingIsKeptThatItWasReachedBy() throws Exception {
    try (AlertingTables tables = new AlertingTables()) {
      UUID channel = tables.channel(1);
      tables.execute(
          "UPDATE alerting.channels SET recipients = '{a@example.com}', username = 'u',"
              + " secret_hint = '…abcd'");
      tables.execute(
          "INSERT INTO alerting.former_secrets (channel_id, tenant_id, encrypted_secret,"
              + " valid_until) VALUES (?, 1, '', now())",
          channel);
      tables.execute(
          "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload,"
              + " recipients) VALUES (gen_random_uuid(), 1, ?, 't', '{}', '{a@example.com}')",
          channel);
      ChannelStore store = new ChannelStore();
      boolean deleted =
          tables.database().asTenant(1, connection -> store.delete(connection, 1, channel));
      assertThat(deleted).isTrue();
      assertThat(
              tables.texts(
                  "SELECT concat(url, recipients, username, encrypted_secret, secret_hint)"
                      + " FROM alerting.channels"))
          .containsExactly("");
      assertThat(tables.texts("SELECT 1 FROM alerting.former_secrets")).isEmpty();
      assertThat(tables.texts("SELECT recipients FROM alerting.deliveries"))
          .containsExactly((String) null);
    }
  }
}
