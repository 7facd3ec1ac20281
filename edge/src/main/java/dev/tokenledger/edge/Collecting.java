package dev.tokenledger.edge;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of one request on its event loop, and lets the request go on when all of it is
 * here, or will not be taken. Memory is taken as bytes come; while there is none, the sender waits.
 * All calls are made by the event loop.
 */
final class Collecting {
  /** How often memory is asked for again while the sender waits. */
  private static final long RETRY_MILLIS = 25;

  private static final long PATIENCE_NANOS = 2_000_000_000L;

  private final RoutingContext context;
  private final HttpServerRequest request;
  private final EdgeConfig config;
  private final long limit;
  private final BodyMemory.Share share;
  private final Set<Collecting> all;
  private final Context loop = Vertx.currentContext();
  private final Queue<Buffer> parts = new ArrayDeque<>();
  private final long began = System.nanoTime();
  private long size;
  private boolean over;

  Collecting(
      RoutingContext context,
      EdgeConfig config,
      long limit,
      BodyMemory.Share share,
      Set<Collecting> all) {
    this.context = context;
    this.request = context.request();
    this.config = config;
    this.limit = limit;
    this.share = share;
    this.all = all;
  }

  void begin() {
    all.add(this);
    context.addEndHandler(
        ended -> {
          over = true;
          all.remove(this);
          parts.clear();
          share.close();
        });
    request.exceptionHandler(lost -> stop());
    request.handler(this::take);
    request.endHandler(ended -> end(null));
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      request.response().writeContinue();
    }
    request.resume();
  }

  private void take(Buffer part) {
    if (over) {
      return;
    }
    size += part.length();
    if (size > limit) {
      end(BodyFailure.TOO_LARGE);
      return;
    }
    parts.add(part);
    if (!share.grow(size)) {
      request.pause();
      retry(System.nanoTime());
    }
  }

  private void retry(long since) {
    context
        .vertx()
        .setTimer(
            RETRY_MILLIS,
            timer -> {
              if (over) {
                return;
              }
              if (share.grow(size)) {
                request.resume();
              } else if (System.nanoTime() - since > PATIENCE_NANOS) {
                end(BodyFailure.NO_MEMORY);
              } else {
                retry(since);
              }
            });
  }

  /** Ends it when it has come too slowly until now. Called from any thread. */
  void recheck() {
    loop.runOnContext(now -> check());
  }

  private void check() {
    long taken = System.nanoTime() - began;
    long allowed =
        Math.min(
            config.bodyTimeout().toNanos(),
            config.bodyGrace().toNanos() + size * 1_000_000_000L / config.bodyLeastRate());
    if (!over && taken > allowed) {
      end(BodyFailure.TOO_SLOW);
    }
  }

  private void end(@Nullable BodyFailure failure) {
    if (over) {
      return;
    }
    stop();
    if (failure != null) {
      parts.clear();
      share.close();
    }
    new CollectedBody(parts, failure, limit).putInto(context);
    // What follows keeps its state in the context in which the request began.
    if (Vertx.currentContext() == loop) {
      context.next();
    } else {
      loop.runOnContext(now -> context.next());
    }
  }

  private void stop() {
    over = true;
    all.remove(this);
  }
}
