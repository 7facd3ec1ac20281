package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.net.PfxOptions;
import io.vertx.ext.mail.MailConfig;
import jakarta.mail.Multipart;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** Against a real SMTP server that demands STARTTLS and a login. */
class EmailSenderTest {
  private static final String HOST = "localhost";

  @TempDir static Path folder;
  private static Vertx vertx;
  private static TestCertificate certificate;

  private final List<byte[]> mails = Collections.synchronizedList(new ArrayList<>());
  private final List<String> recipients = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService sessions = Executors.newCachedThreadPool();
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
    DeliveryOutcome outcome = sender("secret").send(to("a@example.com", "b@example.com"), message);
    assertThat(outcome.kind()).as(outcome.error()).isEqualTo(DeliveryOutcome.Kind.DELIVERED);
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
    DeliveryOutcome outcome =
        sender("secret")
            .send(to("a@example.com"), message("x\r\nBcc: victim@example.com\r\n\r\nbody", "t"));
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.DELIVERED);
    MimeMessage mail = parsed(mails.get(0));
    assertThat(mail.getHeader("Bcc")).isNull();
    assertThat(mail.getSubject()).isEqualTo("[HIGH] x Bcc: victim@example.com body");
    assertThat(recipients).containsExactly("a@example.com");
  }

  @Test
  void oneAddressThatIsRefusedKeepsTheMailFromNoOther() throws Exception {
    start();
    DeliveryOutcome outcome =
        sender("secret").send(to("refused@example.com", "b@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.DELIVERED);
    assertThat(outcome.error()).contains("refused@example.com");
    assertThat(outcome.missed()).as("who gets it again").containsExactly("refused@example.com");
    assertThat(recipients).containsExactly("b@example.com");
  }

  /** A server may refuse an address only until it comes again. */
  @Test
  void whenAllOfSeveralAreRefusedItIsTriedAgain() throws Exception {
    start();
    DeliveryOutcome outcome =
        sender("secret")
            .send(to("refused1@example.com", "refused2@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(outcome.error()).contains("no recipient");
  }

  @Test
  void ofASingleAddressTheReplyTellsWhetherItIsWorthAnotherAttempt() throws Exception {
    start();
    DeliveryOutcome unknown = sender("secret").send(to("refused@example.com"), message("t", "t"));
    assertThat(unknown.kind()).as(unknown.error()).isEqualTo(DeliveryOutcome.Kind.REFUSED);
    assertThat(unknown.status()).isEqualTo(553);
    DeliveryOutcome full = sender("secret").send(to("full@example.com"), message("t", "t"));
    assertThat(full.kind()).as(full.error()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(full.status()).isEqualTo(452);
    assertThat(mails).isEmpty();
  }

  /** It answers each command in time, and all of them together too late. */
  @Test
  void aMailThatWasGivenUpDoesNotArriveAfterwards() throws Exception {
    start();
    DeliveryOutcome outcome =
        sender("secret", "1s")
            .send(to("slow1@a.example", "slow2@a.example", "slow3@a.example"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(outcome.error()).isEqualTo("the mail server took longer than 1000 ms");
    sessions.shutdown();
    assertThat(sessions.awaitTermination(10, TimeUnit.SECONDS)).as("the session is over").isTrue();
    assertThat(mails).isEmpty();
  }

  @Test
  void aWrongPasswordIsWorthAnotherAttemptSinceSomebodyMayMendIt() throws Exception {
    start();
    DeliveryOutcome outcome = sender("wrong").send(to("a@example.com"), message("t", "t"));
    assertThat(outcome.kind()).as(outcome.error()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(mails).isEmpty();
  }

  @Test
  void aServerWithoutTlsGetsNothing() throws Exception {
    server = SMTPServer.port(0).bindAddress(InetAddress.getLoopbackAddress()).build();
    server.start();
    DeliveryOutcome outcome = sender("secret").send(to("a@example.com"), message("t", "t"));
    assertThat(outcome.kind()).isEqualTo(DeliveryOutcome.Kind.FAILED);
    assertThat(outcome.error()).containsIgnoringCase("tls");
  }

  private void start() throws Exception {
    server =
        SMTPServer.port(0)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandlerFactory(context -> new Mailboxes())
            .authenticationHandlerFactory(
                new EasyAuthenticationHandlerFactory(
                    (user, password, context) -> {
                      if (!user.equals("ledger") || !password.equals("secret")) {
                        throw new LoginFailedException();
                      }
                    }))
            .requireAuth()
            .executorService(sessions)
            .enableTLS()
            .requireTLS()
            .startTlsSocketFactory(certificate.serverContext())
            .build();
    server.start();
  }

  /** Takes mail for all but those whose name says why not. */
  private final class Mailboxes implements MessageHandler {
    private final List<String> accepted = new ArrayList<>();

    @Override
    public void from(String from) {}

    @Override
    public void recipient(String recipient) throws RejectException {
      if (recipient.startsWith("refused")) {
        throw new RejectException(553, "nobody of this name");
      }
      if (recipient.startsWith("full")) {
        throw new RejectException(452, "the mailbox is full");
      }
      if (recipient.startsWith("slow")) {
        pause(Duration.ofMillis(700));
      }
      accepted.add(recipient);
    }

    @Override
    public @Nullable String data(InputStream data) throws IOException {
      byte[] mail = data.readAllBytes();
      accepted.forEach(
          recipient -> {
            recipients.add(recipient);
            mails.add(mail);
          });
      return null;
    }

    @Override
    public void done() {}
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private EmailSender sender(String password) {
    return sender(password, "10s");
  }

  private EmailSender sender(String password, String timeout) {
    AlertingConfig config =
        Settings.alerting(
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
                password,
                "tokenledger.alerting.smtp.timeout",
                timeout));
    return new EmailSender(
        vertx,
        config.smtp(),
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
        List.of(),
        "budget.threshold_crossed");
  }

  private static MimeMessage parsed(byte[] mail) throws Exception {
    return new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(mail));
  }
}
