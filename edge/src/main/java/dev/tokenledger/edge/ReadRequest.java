package dev.tokenledger.edge;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.http.impl.HttpServerRequestWrapper;

/**
 * A request that may be asked to pause, to go on, or for its handlers when it has been read, which
 * HTTP/1.1 takes and HTTP/2 refuses, though endpoints do it always.
 */
final class ReadRequest extends HttpServerRequestWrapper {
  ReadRequest(HttpServerRequest request) {
    super((HttpServerRequestInternal) request);
  }

  @Override
  public HttpServerRequest pause() {
    return delegate.isEnded() ? this : super.pause();
  }

  @Override
  public HttpServerRequest resume() {
    return delegate.isEnded() ? this : super.resume();
  }

  @Override
  public HttpServerRequest fetch(long amount) {
    return delegate.isEnded() ? this : super.fetch(amount);
  }

  @Override
  public HttpServerRequest handler(Handler<Buffer> handler) {
    return delegate.isEnded() ? this : super.handler(handler);
  }

  @Override
  public HttpServerRequest endHandler(Handler<Void> handler) {
    return delegate.isEnded() ? this : super.endHandler(handler);
  }
}
