package dev.tokenledger.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenApiMergeTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void pathsOfAllServicesAreInOneDocument() throws Exception {
    JsonNode merged =
        merge(
            "{'openapi': '3.1.0', 'info': {'version': '7'}, 'paths': {'/v1/events': {'post': {}}}}",
            "{'openapi': '3.1.0', 'paths': {'/v1/budgets': {'get': {}}}}");
    assertThat(merged.path("paths").fieldNames())
        .toIterable()
        .containsExactly("/v1/events", "/v1/budgets");
    assertThat(merged.path("openapi").asText()).isEqualTo("3.1.0");
    assertThat(merged.path("info").path("version").asText()).isEqualTo("7");
  }

  @Test
  void aPathIsTakenFromTheServiceThatAnswersItAndNoOther() throws Exception {
    JsonNode merged =
        merge(
            "{'paths': {'/v1/budgets': {'get': {'summary': 'never called'}}}}",
            "{'paths': {'/v1/budgets': {'get': {'summary': 'the real one'}}}}");
    assertThat(merged.at("/paths/~1v1~1budgets/get/summary").asText()).isEqualTo("the real one");
  }

  @Test
  void componentsThatAreTheSameAreKeptOnce() throws Exception {
    String document = "{'components': {'schemas': {'Problem': {'type': 'object'}}}}";
    assertThat(merge(document, document).at("/components/schemas")).hasSize(1);
  }

  @Test
  void componentsThatDifferUnderOneNameAreBothKeptAndReferencesFollow() throws Exception {
    JsonNode merged =
        merge(
            "{'paths': {'/v1/keys': {'get': {'$ref': '#/components/schemas/Item'}}},"
                + " 'components': {'schemas': {'Item': {'title': 'a key'}}}}",
            "{'paths': {'/v1/alerts': {'get': {'list': [{'$ref': '#/components/schemas/Item'}]}}},"
                + " 'components': {'schemas': {'Item': {'title': 'an alert'}}}}");
    assertThat(merged.at("/components/schemas/Item/title").asText()).isEqualTo("a key");
    assertThat(merged.at("/paths/~1v1~1keys/get/$ref").asText())
        .isEqualTo("#/components/schemas/Item");
    assertThat(merged.at("/components/schemas/AlertingItem/title").asText()).isEqualTo("an alert");
    assertThat(merged.at("/paths/~1v1~1alerts/get/list/0/$ref").asText())
        .isEqualTo("#/components/schemas/AlertingItem");
  }

  private static JsonNode merge(String ingest, String alerting) throws Exception {
    Map<Service, JsonNode> documents = new EnumMap<>(Service.class);
    documents.put(Service.INGEST, JSON.readTree(ingest.replace('\'', '"')));
    documents.put(Service.ALERTING, JSON.readTree(alerting.replace('\'', '"')));
    return OpenApiMerge.merge(documents);
  }
}
