package dev.tokenledger.model.price;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The names of providers: instrumentations, gateways and price lists spell the same company in many
 * ways, and the catalogue in one.
 */
public final class Providers {
  /** Makers of models; hosts of other people's are not among them. */
  private static final List<String> MAKERS =
      List.of(
          "openai",
          "anthropic",
          "mistral",
          "cohere",
          "xai",
          "deepseek",
          "moonshot",
          "zai",
          "minimax",
          "ai21",
          "voyage",
          "dashscope",
          "deepgram",
          "assemblyai",
          "elevenlabs");

  /** Google makes some of what its cloud sells, and sells it through two doors. */
  private static final List<String> GOOGLE = List.of("vertex_ai", "gemini");

  private static final List<String> GOOGLE_MODELS =
      List.of(
          "gemini", "imagen", "veo", "text-", "multimodalembedding", "chirp", "learnlm", "lyria");

  private static final List<String> MAKERS_AND_GOOGLE =
      Stream.of(MAKERS, GOOGLE).flatMap(List::stream).toList();

  /** Where a cloud that sells a maker's models at list price does not list one itself. */
  private static final Map<String, List<String>> SAME_LIST_PRICE =
      Map.of(
          "azure", List.of("azure_ai", "openai"),
          "azure_ai", List.of("azure", "openai", "anthropic"),
          "vertex_ai", List.of("gemini", "anthropic"),
          "gemini", List.of("vertex_ai"),
          "bedrock", List.of("anthropic"),
          "anthropic", List.of("bedrock"),
          "openai", List.of("azure"));

  /** Pass a maker's price on, or are the name of a protocol that anybody's server may speak. */
  private static final Set<String> PASS_THROUGH =
      Set.of("openai", "openrouter", "vercel_ai_gateway", "litellm", "litellm_proxy");

  /** Servers of one's own: what they run costs hardware, not what its maker asks for it. */
  private static final Set<String> SELF_HOSTED =
      Set.of(
          "vllm",
          "hosted_vllm",
          "ollama",
          "ollama_chat",
          "llama_cpp",
          "llamacpp",
          "llamafile",
          "lm_studio",
          "localai",
          "sglang",
          "tgi",
          "xinference");

  private static final Map<String, String> CANONICAL = new HashMap<>();

  static {
    names("openai", "text_completion_openai", "openai_chat", "openai_responses");
    names(
        "azure",
        "azure_text",
        "azure_openai",
        "azureopenai",
        "azure.ai.openai",
        "az.ai.openai",
        "azure_openai_responses");
    names("azure_ai", "az.ai.inference", "azure.ai.inference", "azure_ai_inference");
    names("anthropic", "anthropic_messages");
    names(
        "bedrock",
        "aws.bedrock",
        "aws_bedrock",
        "aws",
        "amazon_bedrock",
        "bedrock_converse",
        "bedrock_mantle");
    names(
        "vertex_ai",
        "vertexai",
        "vertex",
        "vertex_ai_beta",
        "gcp.vertex_ai",
        "google_vertex",
        "google_vertexai",
        "google.vertex");
    names(
        "gemini",
        "gcp.gemini",
        "gcp.gen_ai",
        "google",
        "google_ai_studio",
        "google_genai",
        "google_generative_ai",
        "google_gla",
        "google.generative_ai");
    names("mistral", "mistral_ai", "mistralai");
    names("xai", "x_ai", "x.ai");
    names("cohere", "cohere_chat");
    names("deepseek", "deep_seek");
    names("groq", "groqcloud");
    names("together_ai", "together", "togetherai", "together.ai");
    names("fireworks_ai", "fireworks", "fireworksai", "fireworks.ai");
    names("openrouter", "open_router");
    names("perplexity", "perplexity_ai", "pplx");
    names("moonshot", "moonshotai", "moonshot_ai");
    names("zai", "z_ai", "zhipu", "zhipuai");
    names("watsonx", "ibm.watsonx.ai", "watsonx.ai", "ibm_watsonx");
    names("vercel_ai_gateway", "vercel");
  }

  private Providers() {}

  private static void names(String canonical, String... others) {
    CANONICAL.put(canonical, canonical);
    for (String other : others) {
      CANONICAL.put(other, canonical);
    }
  }

  /**
   * The catalogue's spelling of a provider's name: {@code aws.bedrock} is {@code bedrock}, {@code
   * vertex_ai-language-models} is {@code vertex_ai}. A name that is not known keeps its own, in
   * lower case and with underscores.
   */
  public static String canonical(String reported) {
    String name = reported.strip().toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
    @Nullable String known = CANONICAL.get(name);
    if (known != null) {
      return known;
    }
    if (name.startsWith("vertex_ai_")) {
      return "vertex_ai";
    }
    if (name.startsWith("fireworks_ai_")) {
      return "fireworks_ai";
    }
    // Vercel's SDK appends what it called: openai.chat, anthropic.messages, google.generative-ai.
    int dot = name.indexOf('.');
    @Nullable String sdk = dot > 0 ? CANONICAL.get(name.substring(0, dot)) : null;
    return sdk == null ? name : sdk;
  }

  /** Who may sell a model under its bare name: the first that lists it does. */
  static List<String> makersOf(String name) {
    for (String prefix : GOOGLE_MODELS) {
      if (name.startsWith(prefix)) {
        return MAKERS_AND_GOOGLE;
      }
    }
    return MAKERS;
  }

  static boolean isWellKnown(String canonical) {
    return canonical.equals(CANONICAL.get(canonical));
  }

  static List<String> atSameListPrice(String canonical) {
    return SAME_LIST_PRICE.getOrDefault(canonical, List.of());
  }

  static boolean isSelfHosted(String canonical) {
    return SELF_HOSTED.contains(canonical);
  }

  static boolean passesThrough(String canonical) {
    return PASS_THROUGH.contains(canonical);
  }
}
