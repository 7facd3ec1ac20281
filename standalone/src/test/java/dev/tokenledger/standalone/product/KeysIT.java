package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** API keys from their making to their end. */
@ExtendWith(Product.class)
class KeysIT {
  private final TokenLedgerProcess product;
  private final Api admin;

  KeysIT(TokenLedgerProcess product) {
    this.product = product;
    this.admin = product.admin();
  }

  /** As OpenAI's, Anthropic's and Langfuse's clients send theirs. */
  @Test
  void aKeyIsTakenFromWhereverClientsPutIt() throws Exception {
    String key = create("ingest", "default", null).path("key").asText();
    assertThat(reportWith("Authorization", "Bearer " + key).status()).isEqualTo(202);
    assertThat(reportWith("Authorization", "bearer  " + key).status()).isEqualTo(202);
    assertThat(reportWith("x-api-key", key).status()).isEqualTo(202);
    Api.Answer refused = reportWith("x-api-key", key + "0");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.code()).isEqualTo("unauthenticated");
    assertThat(refused.text()).doesNotContain(key);
  }

  @Test
  void aPairOfKeysIsTakenAsBasicAuthenticationAndNotByHalf() throws Exception {
    String publicKey = product.firstKey("TOKENLEDGER_LANGFUSE_PUBLIC_KEY");
    String secretKey = product.firstKey("TOKENLEDGER_LANGFUSE_SECRET_KEY");
    assertThat(reportWith("Authorization", basic(publicKey, secretKey)).status()).isEqualTo(202);
    for (String wrong :
        List.of(
            basic(publicKey, secretKey + "x"),
            basic(publicKey, ""),
            basic(publicKey + "x", secretKey),
            basic(secretKey, publicKey),
            "Basic " + publicKey,
            "Basic ====",
            "Bearer " + secretKey)) {
      Api.Answer refused = reportWith("Authorization", wrong);
      assertThat(refused.status()).as(wrong).isEqualTo(401);
      assertThat(refused.code()).as(wrong).isEqualTo("unauthenticated");
    }
  }

  private static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  private Api.Answer reportWith(String header, String value) throws IOException {
    return product
        .api("")
        .report(
            "[" + Events.call(UUID.randomUUID().toString(), 1, 1) + "]",
            "Content-Type",
            "application/json",
            header,
            value);
  }

  @Test
  void aKeyIsShownOnceAndKeptAsAHashOnly() throws Exception {
    JsonNode created = create("ingest", "default", null);
    String key = created.path("key").asText();
    assertThat(key).startsWith("tl_");
    JsonNode listed = find(created.path("id").asText());
    assertThat(listed.path("name").asText()).isEqualTo("key of a test");
    assertThat(listed.path("scopes").get(0).asText()).isEqualTo("ingest");
    assertThat(listed.toString()).doesNotContain(key.substring(key.lastIndexOf('_') + 1));
    assertThat(
            product
                .ledger()
                .number(
                    "SELECT count(*) FROM admission.api_keys k WHERE k::text LIKE ?",
                    "%" + key.substring(key.lastIndexOf('_') + 1) + "%"))
        .isZero();
  }

  @Test
  void aRevokedKeyIsRefusedWithinASecondAndSaysWhy() throws Exception {
    JsonNode created = create("ingest", "default", null);
    Api caller = product.api(created.path("key").asText());
    assertThat(report(caller).status()).isEqualTo(202);
    assertThat(admin.delete("/v1/keys/" + created.path("id").asText()).status()).isEqualTo(204);
    Eventually.holds(
        "the key is refused", Duration.ofSeconds(1), () -> report(caller).status() == 401);
    Api.Answer refused = report(caller);
    assertThat(refused.code()).isEqualTo("key_revoked");
    assertThat(refused.detail()).contains("revoked at").endsWith("Use another key.");
    assertThat(find(created.path("id").asText()).path("revoked_at").isTextual()).isTrue();
  }

  @Test
  void aKeyEndsAtItsTime() throws Exception {
    JsonNode created = create("ingest", "default", Instant.now().plusSeconds(2).toString());
    Api caller = product.api(created.path("key").asText());
    assertThat(report(caller).status()).isEqualTo(202);
    Eventually.holds(
        "the key has expired", Duration.ofSeconds(5), () -> report(caller).status() == 401);
    assertThat(report(caller).code()).isEqualTo("key_expired");
  }

  @ParameterizedTest
  @CsvSource({"ingest, 202, 403, 403", "read,   403, 200, 403", "admin,  403, 200, 200"})
  void aScopeAllowsWhatItSaysAndNoMore(String scope, int reporting, int reading, int managing)
      throws Exception {
    String project = scope.equals("ingest") ? "default" : null;
    Api caller = product.api(create(scope, project, null).path("key").asText());
    assertThat(report(caller).status()).isEqualTo(reporting);
    assertThat(caller.get("/v1/analytics/overview?period=24h").status()).isEqualTo(reading);
    assertThat(caller.get("/v1/ledger/reconciliation").status()).isEqualTo(reading);
    assertThat(caller.get("/v1/keys").status()).isEqualTo(managing);
    assertThat(caller.delete("/v1/keys/nobody").status()).isEqualTo(managing == 200 ? 404 : 403);
  }

  @Test
  void aRefusalForWantOfScopeIsAProblem() throws Exception {
    Api.Answer refused = report(product.api(create("read", null, null).path("key").asText()));
    assertThat(refused.type()).startsWith("application/problem+json");
    assertThat(refused.code()).isEqualTo("forbidden");
    assertThat(refused.detail()).contains("scope");
  }

  @Test
  void aKeyThatSeesTheWholeTenantCannotReportForWantOfAProject() throws Exception {
    Api.Answer refused = report(product.api(create("admin", null, null).path("key").asText()));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.detail()).contains("project");
  }

  /** As a former version made them: it took the project, and showed the whole tenant. */
  @ParameterizedTest
  @ValueSource(strings = {"{read}", "{admin}", "{read,ingest}", "{ingest,admin}"})
  void aKeyOfAProjectThatWasMadeToSeeMoreIsRefusedAndSaysWhatToDo(String scopes) throws Exception {
    JsonNode created = create("ingest", "default", null);
    product
        .ledger()
        .rows(
            "UPDATE admission.api_keys SET scopes = ?::text[] WHERE key_id = ? RETURNING key_id",
            scopes,
            created.path("id").asText());
    Api caller = product.api(created.path("key").asText());
    Eventually.holds(
        "the key is refused",
        Duration.ofSeconds(5),
        () -> caller.get("/v1/projects").status() == 403 && report(caller).status() == 403);
    assertThat(report(caller).code()).isEqualTo("forbidden");
    assertThat(report(caller).detail()).contains("without a project");
  }

  @Test
  void theListIsPagedWithoutGapOrRepetition() throws Exception {
    for (int i = 0; i < 5; i++) {
      create("read", null, null);
    }
    List<String> paged = new ArrayList<>();
    String cursor = "";
    do {
      JsonNode page = admin.get("/v1/keys?limit=2" + cursor).json();
      assertThat(page.path("keys").size()).isBetween(1, 2);
      paged.addAll(page.path("keys").findValuesAsText("id"));
      cursor = page.path("cursor").isTextual() ? "&cursor=" + page.path("cursor").asText() : "";
    } while (!cursor.isEmpty());
    assertThat(paged).doesNotHaveDuplicates().hasSizeGreaterThan(5);
    assertThat(paged)
        .isEqualTo(admin.get("/v1/keys?limit=200").json().path("keys").findValuesAsText("id"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|name",
        "{\"name\":\"x\"}|scopes",
        "{\"name\":\"x\",\"scopes\":[\"all\"]}|scopes",
        "{\"name\":\"x\",\"scopes\":[\"ingest\"],\"project\":\"no-such-project\"}|project",
        "{\"name\":\"x\",\"scopes\":[\"ingest\"]}|project",
        "{\"name\":\"x\",\"scopes\":[\"ingest\",\"read\"]}|project",
        "{\"name\":\"x\",\"scopes\":[\"ingest\",\"read\"],\"project\":\"default\"}|project",
        "{\"name\":\"x\",\"scopes\":[\"read\"],\"project\":\"default\"}|project",
        "{\"name\":\"x\",\"scopes\":[\"admin\"],\"project\":\"default\"}|project",
        "{\"name\":\"x\",\"scopes\":[\"read\"],\"expires_at\":\"+31337-01-01T00:00:00Z\"}|expires_at",
        "{\"name\":\"x\",\"scopes\":[\"read\"],\"expires_at\":\"2020-01-01T00:00:00Z\"}|expires_at",
        "{\"name\":\"x\",\"scopes\":[\"read\"],\"expires_at\":\"soon\"}|expires_at",
        "{\"name\":\"x\",\"scopes\":[\"read\"],\"colour\":\"red\"}|colour",
        "{\"name\":[\"x\"],\"scopes\":[\"read\"]}|name",
        "{\"name\":\"x\",\"scopes\":\"read\"}|scopes"
      })
  void aKeyThatMakesNoSenseIsNotMade(String body, String field) throws Exception {
    Api.Answer refused = admin.post("/v1/keys", Api.JSON.readTree(body));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.code()).isEqualTo("invalid_field");
    assertThat(refused.json().path("field").asText()).isEqualTo(field);
  }

  private Api.Answer report(Api caller) throws IOException {
    return caller.report(Events.call(UUID.randomUUID().toString(), 1, 1));
  }

  private JsonNode create(String scope, @Nullable String project, @Nullable String expiresAt)
      throws IOException {
    ObjectNode key = Api.JSON.createObjectNode().put("name", "key of a test");
    key.put("project", project).put("expires_at", expiresAt).putArray("scopes").add(scope);
    Api.Answer created = admin.post("/v1/keys", key);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private JsonNode find(String id) throws IOException {
    for (JsonNode key : admin.get("/v1/keys?limit=200").json().path("keys")) {
      if (key.path("id").asText().equals(id)) {
        return key;
      }
    }
    throw new AssertionError("not listed: " + id);
  }
}
