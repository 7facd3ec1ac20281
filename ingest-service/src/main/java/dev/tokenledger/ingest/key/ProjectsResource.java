package dev.tokenledger.ingest.key;

import dev.tokenledger.ingest.IngestStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/**
 * Projects of the caller's tenant. A name is for ever: it is a dimension of all that was counted.
 */
@Path("/v1/projects")
@Blocking
@Tag(name = "Keys", description = "Projects and API keys")
public class ProjectsResource {
  private static final String EXAMPLE =
      """
      {"name": "search", "description": "The search team"}""";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
  private static final int MAX_PAGE = 200;

  private final CurrentCaller caller;
  private final Database database;

  public ProjectsResource(CurrentCaller caller, IngestStart start) {
    this.caller = caller;
    this.database = start.database();
  }

  /** A project to be made. */
  public record NewProject(@Nullable String name, @Nullable String description) {}

  /** A project. */
  public record Project(String name, @Nullable String description, Instant createdAt) {}

  /**
   * A page of projects, by name.
   *
   * @param cursor what to send for the next page, or null at the end
   */
  public record ProjectPage(List<Project> projects, @Nullable String cursor) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(summary = "Create a project")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "A team", value = EXAMPLE)))
  public Project create(@Nullable NewProject body) {
    if (body == null || body.name() == null || !NAME.matcher(body.name()).matches()) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "'name' must be 1 to 63 of a-z, 0-9, '.', '_' and '-', and begin with a letter or"
                  + " digit.")
          .with("field", "name");
    }
    int tenantId = caller.get().tenantId();
    return database.asTenant(
        tenantId,
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO admission.projects (tenant_id, name, description) VALUES (?, ?, ?)"
                      + " ON CONFLICT DO NOTHING RETURNING created_at")) {
            insert.setInt(1, tenantId);
            insert.setString(2, body.name());
            insert.setString(3, body.description());
            try (ResultSet row = insert.executeQuery()) {
              if (!row.next()) {
                throw new ProblemException(
                    ProblemCode.CONFLICT, "There is a project of this name already.");
              }
              return new Project(body.name(), body.description(), row.getTimestamp(1).toInstant());
            }
          }
        });
  }

  @GET
  @RolesAllowed({Scope.READ_ROLE, Scope.ADMIN_ROLE})
  @Operation(summary = "List projects")
  public ProjectPage list(
      @QueryParam("limit") @DefaultValue("50") int limit, @QueryParam("cursor") String cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    List<Project> projects =
        database.asTenant(
            tenantId,
            connection -> {
              try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT name, description, created_at FROM admission.projects"
                          + " WHERE tenant_id = ? AND name > ? ORDER BY name LIMIT ?")) {
                select.setInt(1, tenantId);
                select.setString(2, cursor == null ? "" : cursor);
                select.setInt(3, limit + 1);
                try (ResultSet rows = select.executeQuery()) {
                  List<Project> found = new ArrayList<>();
                  while (rows.next()) {
                    found.add(
                        new Project(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getTimestamp(3).toInstant()));
                  }
                  return found;
                }
              }
            });
    boolean more = projects.size() > limit;
    List<Project> page = more ? projects.subList(0, limit) : projects;
    return new ProjectPage(page, more ? page.get(limit - 1).name() : null);
  }
}
