package dev.tokenledger.aggregation.deadletter;

import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that could not be settled. They may hold events of several tenants, so no payload is
 * shown.
 */
@Path("/v1/ledger/dead-letters")
@Blocking
@RolesAllowed(Scope.ADMIN_ROLE)
@Tag(name = "Ledger", description = "What is counted, and proof that it is exact")
public class DeadLettersResource {
  private static final int MAX_PAGE = 200;
  private static final Pattern ID = Pattern.compile("\\d{1,20}-\\d{1,20}");

  private final DeadLetters deadLetters;

  public DeadLettersResource(DeadLetters deadLetters) {
    this.deadLetters = deadLetters;
  }

  /**
   * @param cursor what to send for the next page, or null at the end
   */
  public record Page(
      long total, List<DeadLetters.DeadLetter> deadLetters, @Nullable String cursor) {}

  @GET
  @Operation(summary = "List blocks that could not be settled")
  public Page list(
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable String cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw invalid("limit", "'limit' must be from 1 to " + MAX_PAGE + ".");
    }
    if (cursor != null && !ID.matcher(cursor).matches()) {
      throw invalid("cursor", "'cursor' must be one that an earlier answer gave.");
    }
    List<DeadLetters.DeadLetter> letters = deadLetters.list(limit + 1, cursor);
    boolean more = letters.size() > limit;
    List<DeadLetters.DeadLetter> page = more ? letters.subList(0, limit) : letters;
    return new Page(deadLetters.count(), page, more ? page.get(limit - 1).id() : null);
  }

  @POST
  @Path("/{id}/replay")
  @ResponseStatus(202)
  @Operation(
      summary = "Settle a block again",
      description = "Puts it back into its stream. What was settled before is not counted again.")
  public DeadLetters.DeadLetter replay(@PathParam("id") String id) {
    if (!ID.matcher(id).matches()) {
      throw invalid("id", "An id looks like 1790000000000-0.");
    }
    return deadLetters
        .replay(id)
        .orElseThrow(
            () ->
                new ProblemException(
                    ProblemCode.NOT_FOUND, "There is no dead letter with this id."));
  }

  private static ProblemException invalid(String parameter, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", parameter);
  }
}
