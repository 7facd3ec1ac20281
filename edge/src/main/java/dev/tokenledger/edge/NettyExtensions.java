package dev.tokenledger.edge;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.quarkus.vertx.VertxOptionsCustomizer;
import io.vertx.core.VertxOptions;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Has Netty load {@link ConnectionWatch}, before the first connection of the process is made. The
 * framework's own bound counts a connection only once its first bytes have come, and tells nobody
 * of it.
 */
@ApplicationScoped
public class NettyExtensions implements VertxOptionsCustomizer {
  @Override
  public void accept(VertxOptions options) {
    System.setProperty(ChannelInitializerExtension.EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
  }
}
