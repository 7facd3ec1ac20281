package dev.tokenledger.edge;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;

/** Netty's word of each accepted connection; found as a service, see {@link NettyExtensions}. */
public final class ConnectionWatch extends ChannelInitializerExtension {
  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    Connections.OF_PROCESS.opened(channel);
  }
}
