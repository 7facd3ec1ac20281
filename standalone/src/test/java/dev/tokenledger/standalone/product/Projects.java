package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.UUID;

/** Makes projects, so that a test's events can be told from those of others. */
final class Projects {
  private Projects() {}

  /**
   * A project of the first tenant and a caller who reports for it.
   *
   * @param name the project's name
   * @param key with the scope ingest
   */
  record Project(String name, Key key) {
    Api ingest() {
      return key.caller;
    }
  }

  /**
   * An API key.
   *
   * @param id as {@code /v1/keys} lists it
   */
  record Key(String id, Api caller) {}

  static Project create(Installation product, String prefix) throws IOException {
    String name = prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
    Api admin = product.admin();
    assertThat(admin.post("/v1/projects", Api.JSON.createObjectNode().put("name", name)).status())
        .isEqualTo(201);
    return new Project(name, key(product, name, "ingest"));
  }

  /** Makes a key: of a project where it reports, and of the whole tenant otherwise. */
  static Key key(Installation product, String project, String scope) throws IOException {
    ObjectNode key = Api.JSON.createObjectNode().put("name", "key of a test");
    if (scope.equals("ingest")) {
      key.put("project", project);
    }
    key.putArray("scopes").add(scope);
    Api.Answer created = product.admin().post("/v1/keys", key);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return new Key(
        created.json().path("id").asText(), product.api(created.json().path("key").asText()));
  }
}
