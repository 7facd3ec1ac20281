package dev.tokenledger.ingest.key;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tokenledger.ingest.IngestStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.ApiKey;
import dev.tokenledger.platform.identity.ApiKeys;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.text.Instants;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** API keys of the caller's tenant. */
@Path("/v1/keys")
@Blocking
@RolesAllowed(Scope.ADMIN_ROLE)
@Tag(name = "Keys", description = "Projects and API keys")
public class KeysResource {
  private static final String REPORTS =
      """
      {"name": "Checkout in production", "scopes": ["ingest"], "project": "default"}""";
  private static final String READS =
      """
      {"name": "Dashboards", "scopes": ["read"]}""";
  private static final int MAX_PAGE = 200;

  private final CurrentCaller caller;
  private final Database database;
  private final ApiKeys apiKeys;
  private final Clock clock;
  private final KeyStore store = new KeyStore();

  public KeysResource(CurrentCaller caller, IngestStart start, ApiKeys apiKeys, Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.apiKeys = apiKeys;
    this.clock = clock;
  }

  /**
   * A key to be made.
   *
   * @param name what it is for
   * @param scopes some of ingest, read, admin
   * @param project the project it reports for: needed with the scope ingest, and refused with read
   *     or admin, which see the whole tenant
   * @param expiresAt RFC 3339, or null for never
   * @param kind {@code bearer}, or {@code langfuse} for a pair of public and secret key
   */
  public record NewKey(
      @Nullable String name,
      @Nullable List<String> scopes,
      @Nullable String project,
      @Nullable String expiresAt,
      @Nullable String kind) {}

  /**
   * A key just made.
   *
   * @param key what the caller sends as a bearer token; shown this once
   * @param secretKey the secret part of a pair; shown this once
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record CreatedKey(
      String id,
      String name,
      List<String> scopes,
      @Nullable String project,
      @Nullable String key,
      @Nullable String publicKey,
      @Nullable String secretKey) {}

  /** A key as it is listed. */
  public record ListedKey(
      String id,
      String name,
      List<String> scopes,
      @Nullable String project,
      String kind,
      String createdBy,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt,
      @Nullable Instant lastUsedAt) {
    private static ListedKey of(KeyStore.StoredKey key) {
      return new ListedKey(
          key.keyId(),
          key.name(),
          key.scopes(),
          key.project(),
          key.pair() ? "langfuse" : "bearer",
          key.createdBy(),
          key.createdAt(),
          key.expiresAt(),
          key.revokedAt(),
          key.lastUsedAt());
    }
  }

  /**
   * A page of keys.
   *
   * @param cursor what to send for the next page, or null at the end
   */
  public record KeyPage(List<ListedKey> keys, @Nullable String cursor) {}

  @POST
  @ResponseStatus(201)
  @Operation(
      summary = "Create an API key",
      description =
          "The key itself is in this answer and nowhere else; only its hash is kept."
              + " A key that reports events belongs to a project; one that reads or manages sees the"
              + " whole tenant, and has none.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = {
                @ExampleObject(name = "Reports events", value = REPORTS),
                @ExampleObject(name = "Reads", value = READS)
              }))
  public CreatedKey create(@Nullable NewKey body) {
    if (body == null || body.name() == null || body.name().isBlank()) {
      throw invalid("name", "'name' is missing. Say what the key is for.");
    }
    if (body.name().length() > 200) {
      throw invalid("name", "'name' has more than 200 characters.");
    }
    Set<Scope> scopes = scopes(body.scopes());
    checkProject(scopes, body.project());
    boolean pair = isPair(body.kind());
    ApiKey.Issued issued = pair ? ApiKey.issuePair() : ApiKey.issueBearer();
    Instant expiresAt = expiry(body.expiresAt());
    Caller who = caller.get();
    database.asTenant(
        who.tenantId(),
        connection -> {
          if (body.project() != null) {
            requireProject(connection, who.tenantId(), body.project());
          }
          store.insert(
              connection,
              who.tenantId(),
              issued,
              body.project(),
              body.name(),
              scopes,
              pair,
              who.actor(),
              expiresAt);
          return null;
        });
    apiKeys.refresh();
    return new CreatedKey(
        issued.keyId(),
        body.name(),
        scopes.stream().map(Scope::label).sorted().toList(),
        body.project(),
        pair ? null : issued.credential(),
        pair ? issued.keyId() : null,
        pair ? issued.credential() : null);
  }

  @GET
  @Operation(summary = "List API keys", description = "Without their secrets, by id.")
  public KeyPage list(
      @QueryParam("limit") @DefaultValue("50") int limit, @QueryParam("cursor") String cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    List<KeyStore.StoredKey> keys =
        database.asTenant(
            tenantId, connection -> store.list(connection, tenantId, limit + 1, cursor));
    boolean more = keys.size() > limit;
    List<KeyStore.StoredKey> page = more ? keys.subList(0, limit) : keys;
    return new KeyPage(
        page.stream().map(ListedKey::of).toList(), more ? page.get(limit - 1).keyId() : null);
  }

  @DELETE
  @Path("/{id}")
  @ResponseStatus(204)
  @Operation(
      summary = "Revoke an API key",
      description = "It is refused everywhere within a second. It stays in the list.")
  public void revoke(@jakarta.ws.rs.PathParam("id") String id) {
    int tenantId = caller.get().tenantId();
    boolean found =
        database.asTenant(
            tenantId, connection -> store.revoke(connection, tenantId, id, clock.instant()));
    if (!found) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "There is no key with this id.");
    }
    apiKeys.refresh();
  }

  private static void requireProject(java.sql.Connection connection, int tenantId, String project)
      throws java.sql.SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM admission.projects WHERE tenant_id = ? AND name = ?")) {
      select.setInt(1, tenantId);
      select.setString(2, project);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          throw invalid(
              "project", "There is no project of this name. Create it with POST /v1/projects.");
        }
      }
    }
  }

  /** A key of a project reports for it; whatever reads or changes the whole tenant has none. */
  private static void checkProject(Set<Scope> scopes, @Nullable String project) {
    if (project != null && !ApiKey.mayHaveProject(scopes)) {
      throw invalid(
          "project",
          "A key of a project has the scope ingest alone: read and admin see the whole tenant, which"
              + " a project would not limit. Leave 'project' out, or make two keys.");
    }
    if (project == null && scopes.contains(Scope.INGEST) && !scopes.contains(Scope.ADMIN)) {
      throw invalid(
          "project",
          "'project' is missing: a key with the scope ingest reports events for a project, and has no"
              + " scope beside it. GET /v1/projects lists those there are.");
    }
  }

  private static Set<Scope> scopes(@Nullable List<String> labels) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String label : labels == null ? List.<String>of() : labels) {
      try {
        scopes.add(Scope.valueOf(String.valueOf(label).toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw invalid("scopes", "A scope is one of ingest, read and admin.");
      }
    }
    if (scopes.isEmpty()) {
      throw invalid("scopes", "'scopes' is missing. Send some of ingest, read and admin.");
    }
    return scopes;
  }

  private static boolean isPair(@Nullable String kind) {
    if (kind == null || kind.equals("bearer")) {
      return false;
    }
    if (kind.equals("langfuse")) {
      return true;
    }
    throw invalid("kind", "'kind' is bearer or langfuse.");
  }

  private @Nullable Instant expiry(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Instant expiry = Instants.field("expires_at", text);
    if (!expiry.isAfter(clock.instant())) {
      throw invalid("expires_at", "'expires_at' lies in the past.");
    }
    return expiry;
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
