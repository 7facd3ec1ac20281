package dev.tokenledger.alerting.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.Settings;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelSettingsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final String KEY = "R0123456789ABCDEFGHIJKLMNOPQRSTU";

  private final ObjectMapper json =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  private final ChannelSecrets secrets;
  private final ChannelSettings settings;

  ChannelSettingsTest() {
    AlertingConfig alerting =
        Settings.alerting(Map.of("tokenledger.alerting.smtp.host", "mail.example.com"));
    secrets = new ChannelSecrets(alerting, Settings.platform("a password"));
    settings = new ChannelSettings(secrets, alerting, new SecureRandom());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{};type",
        "{\"type\": \"fax\"};type",
        "{\"type\": \"webhook\"};name",
        "{\"type\": \"webhook\", \"name\": \" \"};name",
        "{\"type\": \"webhook\", \"name\": \"n\"};url",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"nonsense\"};url",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"ftp://1.1.1.1/\"};url",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"https://a:b@1.1.1.1/\"};url",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"http://169.254.169.254/\"};url",
        "{\"type\": \"slack\", \"name\": \"n\", \"url\": \"https://10.0.0.1/\"};url",
        "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://[::1]:9093\"};url",
        "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://1.1.1.1/?a=b\"};url",
        "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://1.1.1.1\","
            + " \"password\": \"p\"};username",
        "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://1.1.1.1\","
            + " \"username\": \"a:b\"};username",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"https://1.1.1.1/\","
            + " \"recipients\": [\"a@example.com\"]};recipients",
        "{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"https://1.1.1.1/\","
            + " \"min_severity\": \"urgent\"};min_severity",
        "{\"type\": \"pagerduty\", \"name\": \"n\"};routing_key",
        "{\"type\": \"pagerduty\", \"name\": \"n\", \"routing_key\": \"short\"};routing_key",
        "{\"type\": \"email\", \"name\": \"n\"};recipients",
        "{\"type\": \"email\", \"name\": \"n\", \"recipients\": []};recipients",
        "{\"type\": \"email\", \"name\": \"n\", \"recipients\": [null]};recipients",
        "{\"type\": \"email\", \"name\": \"n\", \"recipients\": [\"nobody\"]};recipients",
        "{\"type\": \"email\", \"name\": \"n\","
            + " \"recipients\": [\"a@example.com\\r\\nBcc: b@example.com\"]};recipients",
        "{\"type\": \"email\", \"name\": \"n\", \"recipients\": [\"A <a@example.com>\"]};recipients"
      })
  void whatIsWrongIsRefusedUnderTheNameOfItsField(String body, String field) {
    assertThatThrownBy(() -> settings.create(body(body), NOW))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> {
              assertThat(problem.code()).isEqualTo(ProblemCode.INVALID_FIELD);
              assertThat(problem.extensions())
                  .as(problem.getMessage())
                  .containsEntry("field", field);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://169.254.169.254/", "https://10.0.0.1/", "http://localhost/"})
  void aChannelIsNotChangedToAPrivateAddress(String url) {
    assertThatThrownBy(() -> settings.checkAddress(body("{\"url\": \"" + url + "\"}")))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("private address");
  }

  @Test
  void aWebhookGetsASecretThatIsKeptEncrypted() throws Exception {
    ChannelSettings.Made made =
        settings.create(
            body("{\"type\": \"webhook\", \"name\": \"n\", \"url\": \"https://1.1.1.1/a?b=c\"}"),
            NOW);
    assertThat(made.newSecret()).startsWith("whsec_");
    assertThat(made.channel().url()).isEqualTo("https://1.1.1.1/a?b=c");
    assertThat(secrets.decrypt(made.channel().encryptedSecret())).isEqualTo(made.newSecret());
  }

  @Test
  void whatIsASecretIsKnownByItsLastCharactersOnly() throws Exception {
    StoredChannel slack =
        settings
            .create(
                body(
                    "{\"type\": \"slack\", \"name\": \"n\","
                        + " \"url\": \"https://1.1.1.1/services/T0/B0/abcdefgh\"}"),
                NOW)
            .channel();
    assertThat(slack.url()).isNull();
    assertThat(slack.secretHint()).isEqualTo("https://1.1.1.1/…efgh");
    StoredChannel pagerduty = settings.create(pagerduty(), NOW).channel();
    assertThat(pagerduty.secretHint()).isEqualTo("…RSTU");
    assertThat(secrets.decrypt(pagerduty.encryptedSecret())).isEqualTo(KEY);
    assertThat(pagerduty.toString()).doesNotContain(KEY);
  }

  @Test
  void aChangeLeavesWhatIsAbsentAndATypeStays() throws Exception {
    StoredChannel channel = settings.create(pagerduty(), NOW).channel();
    StoredChannel changed =
        settings.change(channel, body("{\"min_severity\": \"critical\"}"), NOW.plusSeconds(1));
    assertThat(changed.name()).isEqualTo("n");
    assertThat(changed.encryptedSecret()).isEqualTo(channel.encryptedSecret());
    assertThat(changed.minSeverity().label()).isEqualTo("critical");
    assertThat(changed.updatedAt()).isEqualTo(NOW.plusSeconds(1));
    assertThatThrownBy(() -> settings.change(channel, body("{\"type\": \"webhook\"}"), NOW))
        .hasMessageContaining("cannot be changed");
  }

  @Test
  void anAlertmanagersLoginIsTakenAwayWithAnEmptyName() throws Exception {
    StoredChannel channel =
        settings
            .create(
                body(
                    "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://1.1.1.1\","
                        + " \"username\": \"u\", \"password\": \"p\"}"),
                NOW)
            .channel();
    assertThat(secrets.decrypt(channel.encryptedSecret())).isEqualTo("p");
    StoredChannel open = settings.change(channel, body("{\"username\": \"\"}"), NOW);
    assertThat(open.username()).isNull();
    assertThat(open.encryptedSecret()).isNull();
  }

  @Test
  void aPasswordIsNotTakenAlongToAnotherAddress() throws Exception {
    StoredChannel channel =
        settings
            .create(
                body(
                    "{\"type\": \"alertmanager\", \"name\": \"n\", \"url\": \"http://1.1.1.1\","
                        + " \"username\": \"u\", \"password\": \"p\"}"),
                NOW)
            .channel();
    String elsewhere = "{\"url\": \"http://8.8.8.8\"";
    assertThatThrownBy(() -> settings.change(channel, body(elsewhere + "}"), NOW))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("'password' must be sent again");
    assertThat(settings.change(channel, body(elsewhere + ", \"password\": \"q\"}"), NOW).url())
        .isEqualTo("http://8.8.8.8");
  }

  @Test
  void aChannelIsStoppedAndGoesOnByHand() throws Exception {
    StoredChannel channel = settings.create(pagerduty(), NOW).channel();
    StoredChannel stopped = settings.change(channel, body("{\"enabled\": false}"), NOW);
    assertThat(stopped.disabledReason()).isEqualTo("disabled by a user");
    assertThat(settings.change(stopped, body("{\"name\": \"m\"}"), NOW).disabledReason())
        .isNotNull();
    assertThat(settings.change(stopped, body("{\"enabled\": true}"), NOW).disabledReason())
        .isNull();
  }

  private ChannelBody pagerduty() throws IOException {
    return body("{\"type\": \"pagerduty\", \"name\": \"n\", \"routing_key\": \"" + KEY + "\"}");
  }

  private ChannelBody body(String text) throws IOException {
    return json.readValue(text, ChannelBody.class);
  }
}
