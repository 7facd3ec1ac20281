package dev.tokenledger.alerting.receiver;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.notification.Notification;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.ext.mail.LoginOption;
import io.vertx.ext.mail.MailClient;
import io.vertx.ext.mail.MailConfig;
import io.vertx.ext.mail.MailMessage;
import io.vertx.ext.mail.MailResult;
import io.vertx.ext.mail.SMTPException;
import io.vertx.ext.mail.StartTLSOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends e-mail through the installation's server: one message to all recipients of a channel, as
 * plain text and as HTML.
 */
final class EmailSender implements Sender {
  private static final int MAX_SUBJECT = 200;
  private static final int MAX_REASON = 200;

  /** Replies 530 to 539 are about the login, which whoever runs the installation can mend. */
  private static final int LOGIN_REPLIES = 53;

  private static final int REPLIES = 10;
  private static final int OK = 250;

  private final Vertx vertx;
  private final MailConfig config;
  private final String from;
  private final String domain;
  private final Duration timeout;

  /**
   * @param smtp with a host and a sender
   * @param config what TLS trusts; the rest is set here
   */
  EmailSender(Vertx vertx, AlertingConfig.Smtp smtp, MailConfig config) {
    this.vertx = vertx;
    this.from = smtp.from().orElseThrow();
    this.domain = from.replaceAll("^.*@|[>\\s]+$", "");
    this.timeout = smtp.timeout();
    boolean login = smtp.username().isPresent();
    config
        .setHostname(smtp.host().orElseThrow())
        .setPort(smtp.port())
        .setSsl(smtp.security() == AlertingConfig.Smtp.Security.TLS)
        .setStarttls(
            smtp.security() == AlertingConfig.Smtp.Security.STARTTLS
                ? StartTLSOptions.REQUIRED
                : StartTLSOptions.DISABLED)
        .setHostnameVerificationAlgorithm("HTTPS")
        .setLogin(login ? LoginOption.REQUIRED : LoginOption.DISABLED)
        .setKeepAlive(false)
        .setMaxPoolSize(1)
        .setUserAgent("TokenLedger")
        .setConnectTimeout((int) timeout.toMillis())
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout((int) timeout.toMillis());
    smtp.username().ifPresent(config::setUsername);
    smtp.password().ifPresent(config::setPassword);
    this.config = config;
  }

  @Override
  public DeliveryOutcome send(Receiver receiver, Message message) {
    Exchange exchange = new Exchange(receiver.recipients(), message);
    Future<String> deployed = vertx.deployVerticle(exchange);
    deployed.onFailure(exchange.result::tryFail);
    try {
      MailResult result =
          exchange
              .result
              .future()
              .toCompletionStage()
              .toCompletableFuture()
              .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return outcome(receiver.recipients(), result.getRecipients());
    } catch (TimeoutException e) {
      return DeliveryOutcome.failed(
          "the mail server took longer than " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      return failure(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return DeliveryOutcome.failed("interrupted by shutdown");
    } finally {
      deployed.onSuccess(vertx::undeploy);
    }
  }

  /**
   * One mail on its way. A mail client that is closed waits for what it sends, so that a mail which
   * was given up would arrive after all. But what a verticle has opened, its connections included,
   * is closed when it is undeployed.
   */
  private final class Exchange extends AbstractVerticle {
    final Promise<MailResult> result = Promise.promise();
    private final List<String> recipients;
    private final Message message;
    private MailClient client;

    Exchange(List<String> recipients, Message message) {
      this.recipients = recipients;
      this.message = message;
    }

    @Override
    public void start() {
      // One address that is refused keeps the mail from no other. Of one alone it is said why.
      client =
          MailClient.create(
              vertx, new MailConfig(config).setAllowRcptErrors(recipients.size() > 1));
      client
          .sendMail(mail(recipients, message))
          .onSuccess(result::tryComplete)
          .onFailure(result::tryFail);
    }

    @Override
    public void stop() {
      client.close();
    }
  }

  private static DeliveryOutcome outcome(List<String> recipients, List<String> reached) {
    if (reached.isEmpty()) {
      return DeliveryOutcome.failed("the mail server refused all recipients");
    }
    List<String> missed = new ArrayList<>(recipients);
    missed.removeAll(reached);
    return missed.isEmpty()
        ? DeliveryOutcome.delivered(OK)
        : new DeliveryOutcome(
            DeliveryOutcome.Kind.DELIVERED,
            OK,
            Excerpt.line(
                "the mail server refused these, each of which is tried again by itself: "
                    + String.join(", ", missed),
                MAX_REASON),
            null,
            missed);
  }

  private static DeliveryOutcome failure(Throwable cause) {
    if (cause instanceof SMTPException smtp) {
      int reply = smtp.getReplyCode();
      boolean refused = smtp.isPermanent() && reply / REPLIES != LOGIN_REPLIES;
      return new DeliveryOutcome(
          refused ? DeliveryOutcome.Kind.REFUSED : DeliveryOutcome.Kind.FAILED,
          reply,
          "the mail server answered "
              + Excerpt.line(
                  smtp.getReplyMessage() == null ? "nothing" : smtp.getReplyMessage(), MAX_REASON),
          null);
    }
    return DeliveryOutcome.failed(
        "the mail server: " + Excerpt.line(String.valueOf(cause.getMessage()), MAX_REASON));
  }

  MailMessage mail(List<String> recipients, Message message) {
    Notification notification = message.notification();
    // By these, mail programs show what is told of one condition as one conversation.
    String thread =
        "<"
            + UUID.nameUUIDFromBytes(notification.dedupeKey().getBytes(StandardCharsets.UTF_8))
            + "@"
            + domain
            + ">";
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap()
            // The same in every attempt, so that what arrives twice is known.
            .set("Message-ID", "<" + message.id() + "@" + domain + ">")
            .set("In-Reply-To", thread)
            .set("References", thread)
            .set("Auto-Submitted", "auto-generated");
    MailMessage mail =
        new MailMessage()
            .setFrom(from)
            .setTo(recipients)
            .setSubject(subject(notification))
            .setText(text(notification))
            .setHtml(html(notification));
    mail.setHeaders(headers);
    return mail;
  }

  /** One line whatever the title has in it: a line break would begin a header. */
  private static String subject(Notification notification) {
    return Excerpt.line("[" + state(notification) + "] " + notification.title(), MAX_SUBJECT);
  }

  private static String state(Notification notification) {
    return notification.status() == Notification.Status.RESOLVED
        ? "Resolved"
        : notification.severity().label().toUpperCase(Locale.ROOT);
  }

  private static String text(Notification notification) {
    StringBuilder text = new StringBuilder(notification.text()).append("\n\n");
    notification
        .facts()
        .forEach(fact -> text.append(fact.name()).append(": ").append(fact.value()).append('\n'));
    return text.append("\nTime: ")
        .append(notification.timestamp())
        .append("\nSeverity: ")
        .append(notification.severity().label())
        .append('\n')
        .toString();
  }

  private static String html(Notification notification) {
    StringBuilder html =
        new StringBuilder("<!doctype html><html><body style=\"font-family:sans-serif\"><h2>")
            .append(escaped(notification.title()))
            .append("</h2><p>")
            .append(escaped(notification.text()))
            .append("</p><table cellpadding=\"4\">");
    notification
        .facts()
        .forEach(
            fact ->
                html.append("<tr><th align=\"left\">")
                    .append(escaped(fact.name()))
                    .append("</th><td>")
                    .append(escaped(fact.value()))
                    .append("</td></tr>"));
    return html.append("</table><p style=\"color:#666\">")
        .append(escaped(state(notification)))
        .append(" · ")
        .append(notification.timestamp())
        .append("</p></body></html>")
        .toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
