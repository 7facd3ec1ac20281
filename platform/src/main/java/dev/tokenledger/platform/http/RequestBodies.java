package dev.tokenledger.platform.http;

import dev.tokenledger.edge.BodyFailure;
import dev.tokenledger.edge.CollectedBody;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.InputStream;
import java.time.Duration;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Hands the body that has come to the endpoint, or what is wrong with it once it is read. */
class RequestBodies {
  @ServerRequestFilter(nonBlocking = true)
  public void hand(ContainerRequestContext request, RoutingContext context) {
    CollectedBody body = CollectedBody.of(context);
    if (body == null) {
      return;
    }
    BodyFailure failure = body.failure();
    // An endpoint that reads no body does not mind; one with a language of its own for errors uses
    // it.
    request.setEntityStream(
        failure == null ? body.stream() : new Refused(problem(failure, body.limit())));
  }

  private static ProblemException problem(BodyFailure failure, long limit) {
    return switch (failure) {
      case TOO_LARGE ->
          new ProblemException(
                  ProblemCode.BODY_TOO_LARGE,
                  "A request body may have "
                      + limit
                      + " bytes at most here, as it is sent. Send less in one request.")
              .with("limit", limit);
      case TOO_SLOW ->
          new ProblemException(
              ProblemCode.BODY_TIMEOUT,
              "The body came too slowly, and was not waited for. Nothing of it was taken.");
      case NO_MEMORY ->
          ProblemException.retryable(
              ProblemCode.BUSY,
              "The memory for requests is in use by others. Nothing of this request was taken;"
                  + " send it again in a moment, or in smaller parts.",
              Duration.ofSeconds(2),
              null);
    };
  }

  private static final class Refused extends InputStream {
    private final ProblemException problem;

    private Refused(ProblemException problem) {
      this.problem = problem;
    }

    @Override
    public int read() {
      throw problem;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      throw problem;
    }
  }
}
