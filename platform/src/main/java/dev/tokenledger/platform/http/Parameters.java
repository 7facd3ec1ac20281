package dev.tokenledger.platform.http;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.text.PlainText;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** No parameter of a path or a query has what no text may have, see {@link PlainText}. */
class Parameters {
  private static final int MAX_NAME_SHOWN = 60;

  @ServerRequestFilter(nonBlocking = true)
  public void check(ContainerRequestContext request) {
    UriInfo uri = request.getUriInfo();
    String raw = uri.getRequestUri().toASCIIString();
    if (raw.indexOf('%') < 0) {
      return;
    }
    check(uri.getPathParameters());
    check(uri.getQueryParameters());
  }

  private static void check(MultivaluedMap<String, String> parameters) {
    for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
      String name = parameter.getKey();
      check(name, name);
      parameter.getValue().forEach(value -> check(name, value));
    }
  }

  private static void check(String name, String value) {
    String fault = PlainText.fault(value);
    if (fault != null) {
      String shown =
          PlainText.fault(name) == null && name.length() <= MAX_NAME_SHOWN ? name : "(unreadable)";
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "The parameter '" + shown + "' has " + fault + ".")
          .with("parameter", shown);
    }
  }
}
