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
   */
  record Project(String name, Api ingest) {}

  static Project create(Installation product, String prefix) throws IOException {
    String name = prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
    Api admin = product.admin();
    assertThat(admin.post("/v1/projects", Api.JSON.createObjectNode().put("name", name)).status())
        .isEqualTo(201);
    ObjectNode key = Api.JSON.createObjectNode().put("name", prefix).put("project", name);
    key.putArray("scopes").add("ingest");
    Api.Answer created = admin.post("/v1/keys", key);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return new Project(name, product.api(created.json().path("key").asText()));
  }
}
