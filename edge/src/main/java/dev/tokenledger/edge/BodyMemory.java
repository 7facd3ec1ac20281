package dev.tokenledger.edge;

import io.vertx.ext.web.RoutingContext;

/** Which bodies are read, how large they may be, and where their memory is counted. */
public interface BodyMemory {
  /** Whether the body of a request is read before it goes on; not for strangers. */
  boolean wants(RoutingContext context);

  /** The most bytes of the body, as sent. */
  long limit(RoutingContext context);

  /** Bytes for one body, none at first; used by one event loop. */
  Share share(RoutingContext context);

  /** The bytes of one body that is in memory. */
  interface Share extends AutoCloseable {
    /** Makes the share as large as given, or answers false at once. */
    boolean grow(long bytes);

    /** Gives all of it back. */
    @Override
    void close();
  }
}
