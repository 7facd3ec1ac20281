package dev.tokenledger.model.price;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names under which a reported model may stand in the catalogue, the most faithful first. Each
 * is made by leaving out something that is known to be no part of the name (a namespace, a region,
 * a snapshot date); nothing is ever matched by resemblance.
 */
final class ModelNames {
  /**
   * One name to look up.
   *
   * @param provider who sells it as the name itself says; null when it does not
   * @param steps what was left out or respelt, in order; empty for the name as reported
   * @param snapshot true when a snapshot date or "latest" was left out
   */
  record Form(String name, @Nullable String provider, List<String> steps, boolean snapshot) {
    private Form then(String newName, @Nullable String newProvider, String step) {
      List<String> more = new ArrayList<>(steps);
      more.add(step);
      return new Form(
          newName,
          newProvider == null ? provider : newProvider,
          List.copyOf(more),
          snapshot || step.equals(SNAPSHOT_DATE) || step.equals(LATEST));
    }
  }

  static final String SNAPSHOT_DATE = "snapshot date left out";
  static final String LATEST = "latest left out";

  private static final Pattern ARN = Pattern.compile("arn:aws[a-z-]*:bedrock:[^/]*/(?<rest>.+)");
  private static final Pattern RESOURCE =
      Pattern.compile("(?:projects/.*/|publishers/[^/]+/)models/(?<rest>[^/]+)");
  private static final Pattern FINE_TUNED = Pattern.compile("(?<rest>ft:[^:]+):.*");
  private static final Pattern REGION = Pattern.compile("[a-z]{2}(?:-[a-z]+)+-\\d[./](?<rest>.+)");
  private static final Pattern GEOGRAPHY =
      Pattern.compile("(?:us|eu|apac|au|jp|ca|uk|sa|us-gov|global)\\.(?<rest>[a-z0-9-]+\\..+)");
  private static final Pattern TAG = Pattern.compile("(?<rest>.+)[@-](?:latest|default)");
  private static final Pattern BEDROCK_VERSION =
      Pattern.compile("(?<rest>.+?)(?:-v\\d+)?:\\d+(?::\\d+k)?");
  private static final Pattern DATE =
      Pattern.compile(
          "(?<rest>.+)[@-]20\\d{2}(?:-(?:0[1-9]|1[0-2])-[0-3]\\d|(?:0[1-9]|1[0-2])[0-3]\\d)");
  private static final Pattern GEMINI_REVISION = Pattern.compile("(?<rest>gemini-.+)-00\\d");
  private static final Pattern DOTTED_ANTHROPIC = Pattern.compile("anthropic\\.(?<rest>claude-.+)");
  private static final Pattern BEDROCK_ROUTE = Pattern.compile("(?:converse|invoke)/(?<rest>.+)");

  /** Providers within providers, as {@code litellm_proxy/openrouter/openai/gpt-4o}. */
  private static final int MAX_NAMESPACES = 3;

  private ModelNames() {}

  /**
   * The forms of a name, in lower case.
   *
   * @param isProvider whether a path segment names a provider; only such segments are left out
   */
  static List<Form> of(String reported, Predicate<String> isProvider) {
    List<Form> forms = new ArrayList<>();
    forms.add(new Form(key(reported), null, List.of(), false));
    strip(forms, ARN, "bedrock", "inference profile's ARN left out");
    strip(forms, RESOURCE, "vertex_ai", "resource path left out");
    each(
        forms,
        "resource path left out",
        name -> name.startsWith("models/") ? name.substring("models/".length()) : name);
    namespaces(forms, isProvider);
    strip(forms, FINE_TUNED, null, "name of the fine-tuned model left out");
    strip(forms, BEDROCK_ROUTE, "bedrock", "route left out");
    strip(forms, REGION, null, "region left out");
    strip(forms, GEOGRAPHY, "bedrock", "geography left out");
    each(
        forms,
        "respelt",
        name -> {
          String dashed = name.replace('@', '-');
          return dashed.startsWith("claude-") ? dashed.replace('.', '-') : dashed;
        });
    each(forms, "respelt", name -> name.replace("gpt-35-", "gpt-3.5-"));
    strip(forms, BEDROCK_VERSION, null, "version left out", "anthropic.", "amazon.", "meta.");
    strip(forms, DOTTED_ANTHROPIC, "anthropic", "vendor left out");
    strip(forms, TAG, null, LATEST);
    strip(forms, DATE, null, SNAPSHOT_DATE);
    strip(forms, GEMINI_REVISION, null, "revision left out");
    return forms;
  }

  /** The name under which the catalogue keeps a model. */
  static String key(String model) {
    return model.strip().toLowerCase(Locale.ROOT);
  }

  /** The name without its snapshot date; the same name when it has none. */
  static String undated(String key) {
    Matcher matcher = DATE.matcher(key);
    return matcher.matches() ? matcher.group("rest") : key;
  }

  private static void namespaces(List<Form> forms, Predicate<String> isProvider) {
    int begin = 0;
    for (int depth = 0; depth < MAX_NAMESPACES; depth++) {
      int end = forms.size();
      for (int i = begin; i < end; i++) {
        Form form = forms.get(i);
        int slash = form.name().indexOf('/');
        if (slash > 0 && slash < form.name().length() - 1) {
          String provider = Providers.canonical(form.name().substring(0, slash));
          if (isProvider.test(provider)) {
            add(forms, form.then(form.name().substring(slash + 1), provider, "provider left out"));
          }
        }
      }
      begin = end;
    }
  }

  private static void strip(
      List<Form> forms,
      Pattern pattern,
      @Nullable String provider,
      String step,
      String... onlyBehind) {
    int end = forms.size();
    for (int i = 0; i < end; i++) {
      Form form = forms.get(i);
      Matcher matcher = pattern.matcher(form.name());
      if (matcher.matches() && startsWithAny(form.name(), onlyBehind)) {
        add(forms, form.then(matcher.group("rest"), provider, step));
      }
    }
  }

  private static boolean startsWithAny(String name, String[] prefixes) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return prefixes.length == 0;
  }

  private static void each(List<Form> forms, String step, UnaryOperator<String> respell) {
    int end = forms.size();
    for (int i = 0; i < end; i++) {
      Form form = forms.get(i);
      String name = respell.apply(form.name());
      if (!name.equals(form.name())) {
        add(forms, form.then(name, null, step));
      }
    }
  }

  private static void add(List<Form> forms, Form form) {
    for (Form known : forms) {
      if (known.name().equals(form.name()) && Objects.equals(known.provider(), form.provider())) {
        return;
      }
    }
    forms.add(form);
  }
}
