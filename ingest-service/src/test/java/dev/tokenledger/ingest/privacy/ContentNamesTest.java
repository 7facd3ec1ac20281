package dev.tokenledger.ingest.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentNamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "systemPrompt",
        "system_prompt",
        "ai.telemetry.metadata.prompt",
        "traceloop.association.properties.question",
        "QUERY",
        "tool-output",
        "thought",
        "observation",
        "message"
      })
  void knowsWhatPeopleAndModelsWroteInAnySpelling(String name) {
    assertThat(ContentNames.contains(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"team", "prompt_version", "input_tokens", "customer.tier", "finish_reason", ""})
  void leavesWhatDescribesACall(String name) {
    assertThat(ContentNames.contains(name)).isFalse();
  }
}
