package dev.tokenledger.ingest.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Usage blocks as providers returned them. */
class ProviderUsageTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private record Block(String host, String model, JsonNode json) {}

  @Test
  void everyBlockIsReadAndAddsUpToTheTotalThatItsProviderGives() throws Exception {
    List<String> exceptions = new ArrayList<>();
    int blocks = 0;
    int withTotal = 0;
    for (Block block : blocks()) {
      blocks++;
      NormalisedUsage usage = normalise(block);
      assertThat(usage.tokens().isImpossible()).as("%s", block).isFalse();
      JsonNode total = block.json.findValue("total_tokens");
      for (String name : List.of("totalTokens", "totalTokenCount")) {
        total = total == null ? block.json.findValue(name) : total;
      }
      if (total == null) {
        continue;
      }
      withTotal++;
      if (usage.tokens().input() + usage.tokens().output() != total.asLong()) {
        exceptions.add(block.host + " " + block.json);
      }
    }
    assertThat(blocks).isGreaterThanOrEqualTo(523);
    assertThat(withTotal).isGreaterThan(400);
    assertThat(exceptions).isEmpty();
  }

  @Test
  void onlyBlocksThatLeaveASideOutNeedTheirTotal() throws Exception {
    List<String> flagged = new ArrayList<>();
    for (Block block : blocks()) {
      NormalisedUsage usage = normalise(block);
      if (!usage.flags().isEmpty()) {
        flagged.add(usage.flags() + " " + block.json);
      }
    }
    // Voyage reports the total of an embedding alone; one recorded answer of Gemini does as well.
    assertThat(flagged)
        .allMatch(line -> line.startsWith("[FROM_TOTAL] {\"total"))
        .hasSizeBetween(3, 8);
  }

  @Test
  void everyBlockWithAnyCountGivesTokens() throws Exception {
    List<String> without = new ArrayList<>();
    for (Block block : blocks()) {
      NormalisedUsage usage = normalise(block);
      if (usage.tokens().isEmpty() && usage.units().isNone()) {
        without.add(block.json.toString());
      }
    }
    assertThat(without).isEmpty();
  }

  @Test
  void anthropicsCachedTokensComeOnTopOfItsInput() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"input_tokens": 4, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 1167,
             "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 3},
             "output_tokens": 221}""");
    assertThat(usage.tokens().input()).isEqualTo(4 + 10 + 1167);
    assertThat(usage.tokens().cachedInput()).isEqualTo(1167);
    assertThat(usage.tokens().cacheWrite()).isEqualTo(10);
    assertThat(usage.tokens().cacheWrite1h()).isEqualTo(3);
    assertThat(usage.tokens().output()).isEqualTo(221);
  }

  @Test
  void anthropicsThinkingIsHeldByItsOutput() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"input_tokens": 50, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
             "output_tokens": 93, "output_tokens_details": {"thinking_tokens": 53}}""");
    assertThat(usage.tokens().output()).isEqualTo(93);
    assertThat(usage.tokens().reasoning()).isEqualTo(53);
  }

  @Test
  void bedrocksCachedTokensComeOnTopOfItsInputUnderEitherName() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"cacheReadInputTokenCount": 1000, "cacheReadInputTokens": 1000,
             "cacheWriteInputTokenCount": 0, "cacheWriteInputTokens": 0,
             "inputTokens": 20, "outputTokens": 72, "totalTokens": 1092}""");
    assertThat(usage.tokens().input()).isEqualTo(1020);
    assertThat(usage.tokens().cachedInput()).isEqualTo(1000);
    assertThat(usage.flags()).isEmpty();
  }

  @Test
  void openAisPartsAreHeldByTheirTotals() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"prompt_tokens": 2000, "completion_tokens": 400, "total_tokens": 2400,
             "prompt_tokens_details": {"cached_tokens": 1500, "audio_tokens": 20},
             "completion_tokens_details": {"reasoning_tokens": 300, "audio_tokens": 4,
               "accepted_prediction_tokens": 9, "rejected_prediction_tokens": 9}}""");
    assertThat(usage.tokens().input()).isEqualTo(2000);
    assertThat(usage.tokens().cachedInput()).isEqualTo(1500);
    assertThat(usage.tokens().audioInput()).isEqualTo(20);
    assertThat(usage.tokens().output()).isEqualTo(400);
    assertThat(usage.tokens().reasoning()).isEqualTo(300);
    assertThat(usage.tokens().audioOutput()).isEqualTo(4);
  }

  @Test
  void whoSpeaksOpenAisLanguageButReportsReasoningBesideTheOutputIsFoundOutByTheTotal()
      throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 340,
             "completion_tokens_details": {"reasoning_tokens": 200}}""");
    assertThat(usage.tokens().output()).isEqualTo(240);
    assertThat(usage.flags()).containsExactly(UsageFlag.REASONING_MOVED);
  }

  @Test
  void geminisThoughtsAndToolPromptsComeOnTop() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"promptTokenCount": 32, "candidatesTokenCount": 341, "totalTokenCount": 1196,
             "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20},
               {"modality": "IMAGE", "tokenCount": 12}],
             "toolUsePromptTokenCount": 720, "thoughtsTokenCount": 103}""");
    assertThat(usage.tokens().input()).isEqualTo(752);
    assertThat(usage.tokens().imageInput()).isEqualTo(12);
    assertThat(usage.tokens().output()).isEqualTo(444);
    assertThat(usage.tokens().reasoning()).isEqualTo(103);
    assertThat(usage.flags()).isEmpty();
  }

  @Test
  void geminisCachedContentIsHeldByItsPrompt() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"promptTokenCount": 5000, "cachedContentTokenCount": 4000,
             "candidatesTokenCount": 10, "totalTokenCount": 5010}""");
    assertThat(usage.tokens().input()).isEqualTo(5000);
    assertThat(usage.tokens().cachedInput()).isEqualTo(4000);
  }

  @Test
  void ofCohereWhatIsBilledIsTaken() throws Exception {
    NormalisedUsage usage =
        normalise(
            """
            {"billed_units": {"input_tokens": 12, "output_tokens": 65},
             "tokens": {"input_tokens": 212, "output_tokens": 65}, "cached_tokens": 208}""");
    assertThat(usage.tokens().input()).isEqualTo(12);
    assertThat(usage.tokens().output()).isEqualTo(65);
    assertThat(usage.tokens().cachedInput()).isZero();
  }

  @Test
  void searchesAreUnitsAndNotTokens() throws Exception {
    NormalisedUsage usage = normalise("{\"billed_units\": {\"search_units\": 3}}");
    assertThat(usage.tokens().isEmpty()).isTrue();
    assertThat(usage.units().searches()).isEqualTo(3);
  }

  @Test
  void aCachedPartAboveTheInputOfAnOpenAiModelIsKeptAndImpossible() throws Exception {
    NormalisedUsage usage =
        normalise(
            "openai gpt-5",
            """
            {"prompt_tokens": 134, "completion_tokens": 84, "total_tokens": 218,
             "prompt_tokens_details": {"cached_tokens": 200}}""");
    assertThat(usage.tokens().input()).isEqualTo(134);
    assertThat(usage.tokens().isImpossible()).isTrue();
  }

  private static List<Block> blocks() throws IOException {
    String root = System.getProperty("tokenledger.shared-data");
    Path file = Path.of(String.valueOf(root), "provider-responses/usage_blocks.jsonl");
    assertThat(file).as("real data beside the checkout (tokenledger.shared-data)").exists();
    List<Block> blocks = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode answer = MAPPER.readTree(line);
      for (JsonNode usage : answer.path("usage")) {
        blocks.add(
            new Block(
                answer.path("host").asText(),
                answer.path("request_model").asText(),
                usage.path("value")));
      }
    }
    return blocks;
  }

  private static NormalisedUsage normalise(Block block) throws BadUsageException {
    return UsageNormaliser.normalise(
        ProviderUsage.read(UsageJson.flatten(block.json)), block.host + ' ' + block.model);
  }

  private static NormalisedUsage normalise(String json)
      throws BadUsageException, JsonProcessingException {
    return normalise(null, json);
  }

  private static NormalisedUsage normalise(String family, String json)
      throws BadUsageException, JsonProcessingException {
    return UsageNormaliser.normalise(
        ProviderUsage.read(UsageJson.flatten(MAPPER.readTree(json))), family);
  }
}
