package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingConfig;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.net.PfxOptions;
import io.vertx.ext.mail.MailConfig;
import jakarta.mail.Multipart;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.helper.SimpleMessageListener;
import org.subethamail.smtp.helper.SimpleMessageListenerAdapter;
import org.subethamail.smtp.server.SMTPServer;

/** Against a real SMTP server that demands STARTTLS and a login. */
class EmailSenderTest {
  private static final String HOST = "localhost";

  @TempDir static Path folder;
  private static Vertx vertx;
  private static TestCertificate certificate;

  private final List<byte[]> mails = Collections.synchronizedList(new ArrayList<>());
  private final List<String> recipients = Collections.synchronizedList(new ArrayList<>());
  private SMTPServer server;

  @BeforeAll
  static void prepare() throws Exception {
    vertx = Vertx.vertx();
    certificate = TestCertificate.forHost(HOST, folder);
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  @Test
  void aMailIsPlainAndHtmlAndCarriesTheDeliveryAsItsId() throws Exception {
    start();
    Message message = message("Budget 'R&D' has reached 90 %", "9 < 10 — spent by <b>nobody</b>.");
    Outcome outcome = sender("secret").send(to("a@example.com", "b@example.com"), message);
    assertThat(outcome.kind()).as(outcome.error()).isEqualTo(Outcome.Kind.DELIVERED);
    assertThat(outcome.error()).isNull();
    assertThat(recipients).containsExactly("a@example.com", "b@example.com");
    assertThat(mails).hasSizeBetween(1, 2);
    MimeMessage mail = parsed(mails.get(0));
    assertThat(mail.getSubject()).isEqualTo("[HIGH] Budget 'R&D' has reached 90 %");
    assertThat(mail.getFrom()).extracting(Object::toString).containsExactly("ledger@example.com");
    assertThat(mail.getMessageID()).isEqualTo("<" + message.id() + "@example.com>");
    assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    Multipart parts = (Multipart) mail.getContent();
    assertThat(parts.getContentType()).startsWith("multipart/alternative");
    assertThat(parts.getBodyPart(0).getContent().toString())
        .contains("9 < 10 — spent by <b>nobody</b>.");
    assertThat(parts.getBodyPart(1).getContent().toString())
        .contains("9 &lt; 10 — spent by &lt;b&gt;nobody&lt;/b&gt;.");
  }

  @Test
  void aTitleWithLineBreaksMakesNoHeader() throws Exception {
    start();
    Outcome outcome =
        sender("secret")
            .send(to("a@example.com"), message("x\r\nBcc: victim@example.com\r\n\r\nbody", "t"));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.DELIVERED);
    MimeMessage mail = parsed(mails.get(0));
    assertThat(mail.getHeader("Bcc")).isNull();
    assertThat(mail.getSubject()).isEqualTo("[HIGH] x Bcc: victim@example.com body");
    assertThat(recipients).containsExactly("a@example.com");
  }

  @Test
  void oneAddressThatIsRefusedKeepsTheMailFromNoOther() throws Exception {
    start();
    Outcome outcome =
        sender("secret").send(to("refused@example.com", "b@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.DELIVERED);
    assertThat(outcome.error()).contains("refused@example.com");
    assertThat(recipients).containsExactly("b@example.com");
  }

  /** A server may refuse an address only until it comes again. */
  @Test
  void whenAllAreRefusedItIsTriedAgain() throws Exception {
    start();
    Outcome outcome = sender("secret").send(to("refused@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAILED);
    assertThat(outcome.error()).contains("no recipient");
  }

  @Test
  void aWrongPasswordIsWorthAnotherAttemptSinceSomebodyMayMendIt() throws Exception {
    start();
    Outcome outcome = sender("wrong").send(to("a@example.com"), message("t", "t"));
    assertThat(outcome.kind()).as(outcome.error()).isEqualTo(Outcome.Kind.FAILED);
    assertThat(mails).isEmpty();
  }

  @Test
  void aServerWithoutTlsGetsNothing() throws Exception {
    server = SMTPServer.port(0).bindAddress(InetAddress.getLoopbackAddress()).build();
    server.start();
    Outcome outcome = sender("secret").send(to("a@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAILED);
    assertThat(outcome.error()).containsIgnoringCase("tls");
  }

  private void start() throws Exception {
    SimpleMessageListener listener =
        new SimpleMessageListener() {
          @Override
          public boolean accept(String from, String recipient) {
            return !recipient.startsWith("refused");
          }

          @Override
          public void deliver(String from, String recipient, java.io.InputStream data)
              throws java.io.IOException {
            recipients.add(recipient);
            mails.add(data.readAllBytes());
          }
        };
    server =
        SMTPServer.port(0)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandlerFactory(new SimpleMessageListenerAdapter(listener))
            .authenticationHandlerFactory(
                new EasyAuthenticationHandlerFactory(
                    (user, password, context) -> {
                      if (!user.equals("ledger") || !password.equals("secret")) {
                        throw new LoginFailedException();
                      }
                    }))
            .requireAuth()
            .enableTLS()
            .requireTLS()
            .startTlsSocketFactory(certificate.serverContext())
            .build();
    server.start();
  }

  private EmailSender sender(String password) {
    AlertingConfig config =
        new SmallRyeConfigBuilder()
            .withMapping(AlertingConfig.class)
            .withConverter(Duration.class, 200, new DurationConverter())
            .withDefaultValues(
                Map.of(
                    "tokenledger.alerting.smtp.host",
                    HOST,
                    "tokenledger.alerting.smtp.port",
                    Integer.toString(server.getPortAllocated()),
                    "tokenledger.alerting.smtp.from",
                    "ledger@example.com",
                    "tokenledger.alerting.smtp.username",
                    "ledger",
                    "tokenledger.alerting.smtp.password",
                    password))
            .build()
            .getConfigMapping(AlertingConfig.class);
    return new EmailSender(
        vertx,
        config.smtp(),
        Duration.ofSeconds(10),
        2,
        new MailConfig()
            .setTrustOptions(
                new PfxOptions()
                    .setPath(certificate.store().toString())
                    .setPassword(TestCertificate.PASSWORD)));
  }

  private static Receiver to(String... recipients) {
    return new Receiver(ChannelType.EMAIL, null, List.of(recipients), null, List.of());
  }

  private static Message message(String title, String text) {
    return new Message(
        UUID.randomUUID(),
        Notifications.TIME,
        Notifications.firing(title, text, List.of()),
        List.of());
  }

  private static MimeMessage parsed(byte[] mail) throws Exception {
    return new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(mail));
  }
}
