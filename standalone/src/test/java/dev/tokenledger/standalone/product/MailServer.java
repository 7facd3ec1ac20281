package dev.tokenledger.standalone.product;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import org.subethamail.smtp.helper.SimpleMessageListener;
import org.subethamail.smtp.helper.SimpleMessageListenerAdapter;
import org.subethamail.smtp.server.SMTPServer;

/** A mail server on a free port that takes everything. */
final class MailServer implements AutoCloseable {
  private final List<Mail> mails = Collections.synchronizedList(new ArrayList<>());
  private final SMTPServer server;

  /** A mail to one recipient. */
  record Mail(String recipient, MimeMessage message) {}

  MailServer() {
    server =
        SMTPServer.port(0)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandlerFactory(new SimpleMessageListenerAdapter(new Listener()))
            .build();
    server.start();
  }

  int port() {
    return server.getPortAllocated();
  }

  List<Mail> mails() {
    return List.copyOf(mails);
  }

  private final class Listener implements SimpleMessageListener {
    @Override
    public boolean accept(String from, String recipient) {
      return true;
    }

    @Override
    public void deliver(String from, String recipient, InputStream data) throws IOException {
      try {
        mails.add(
            new Mail(recipient, new MimeMessage(Session.getInstance(new Properties()), data)));
      } catch (MessagingException e) {
        throw new IOException("not a mail", e);
      }
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
