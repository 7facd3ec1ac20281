package dev.tokenledger.ingest.privacy;

import dev.tokenledger.ingest.IngestStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Which fields are masked at the door, and how. */
@Path("/v1/privacy")
@Blocking
@Tag(name = "Privacy", description = "What is masked at the door")
public class PrivacyResource {
  private static final String EXAMPLE =
      """
      {"masked_attributes": ["customer.name"]}""";

  private static final int MAX_NAMES = 100;

  private final CurrentCaller caller;
  private final IngestStart start;
  private final Database database;

  public PrivacyResource(CurrentCaller caller, IngestStart start) {
    this.caller = caller;
    this.start = start;
    this.database = start.database();
  }

  /** How one field is treated. */
  public record MaskedField(String field, String treatment) {}

  /**
   * @param fields fields that are always masked or dropped
   * @param maskedAttributes names of attributes and tags whose values become pseudonyms as well
   */
  public record Privacy(
      String pseudonym, List<MaskedField> fields, List<String> maskedAttributes) {}

  /** What a tenant may choose. */
  public record Choice(@Nullable List<String> maskedAttributes) {}

  private static final List<MaskedField> FIELDS =
      List.of(
          new MaskedField("user", "pseudonym"),
          new MaskedField("e-mail addresses in session, tags and attributes", "pseudonym"),
          new MaskedField("prompts, completions, messages, tool arguments and results", "dropped"));

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "What is masked, and how")
  public Privacy get() {
    int tenantId = caller.get().tenantId();
    List<String> masked =
        database.asTenant(
            tenantId,
            connection -> {
              try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT masked_attributes FROM admission.privacy WHERE tenant_id = ?")) {
                select.setInt(1, tenantId);
                try (ResultSet row = select.executeQuery()) {
                  row.next();
                  return Arrays.asList((String[]) row.getArray(1).getArray());
                }
              }
            });
    return new Privacy(
        "HMAC-SHA-256 under a key of the tenant, cut to 128 bits, written u_<hex>", FIELDS, masked);
  }

  @PUT
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(
      summary = "Choose further attributes to mask",
      description = "Holds for events from now on; what is stored stays as it is.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "An attribute", value = EXAMPLE)))
  public Privacy put(@Nullable Choice choice) {
    List<String> names =
        choice == null || choice.maskedAttributes() == null ? null : choice.maskedAttributes();
    if (names == null
        || names.size() > MAX_NAMES
        || names.stream().anyMatch(n -> n == null || n.isBlank() || n.length() > 100)) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "'masked_attributes' is a list of at most " + MAX_NAMES + " names.")
          .with("field", "masked_attributes");
    }
    int tenantId = caller.get().tenantId();
    database.asTenant(
        tenantId,
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE admission.privacy SET masked_attributes = ?, updated_at = now()"
                      + " WHERE tenant_id = ?")) {
            update.setArray(
                1, connection.createArrayOf("text", names.stream().distinct().toArray()));
            update.setInt(2, tenantId);
            return update.executeUpdate();
          }
        });
    start.rules().refresh();
    return get();
  }
}
