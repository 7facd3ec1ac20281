package dev.tokenledger.reporting.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.tokenledger.reporting.web.FakeApi.Scenario;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The overview in a real browser, under the headers that the product sends. */
class OverviewPageTest {
  private static Browser browser;

  private final List<String> faults = new ArrayList<>();
  private FakeApi api;
  private Page page;

  @BeforeAll
  static void startBrowser() {
    browser = new Browser();
  }

  @AfterAll
  static void stopBrowser() {
    browser.close();
  }

  @BeforeEach
  void start() throws IOException {
    api = new FakeApi();
    page = newPage(new NewContextOptions().setViewportSize(1280, 900));
  }

  @AfterEach
  void stop() {
    page.context().close();
    api.close();
    assertThat(faults).as("errors in the page and blocked resources").isEmpty();
  }

  private Page newPage(NewContextOptions options) {
    Page opened = browser.newPage(options);
    opened.onPageError(faults::add);
    opened.onDialog(
        dialog -> {
          faults.add("a dialog opened: " + dialog.message());
          dialog.dismiss();
        });
    opened.onConsoleMessage(
        message -> {
          // A failed request is logged by the browser itself; tests that cause one look at the
          // page.
          if (message.type().equals("error") && !message.text().startsWith("Failed to load")) {
            faults.add(message.text());
          }
        });
    return opened;
  }

  private void open(String search) {
    page.addInitScript("sessionStorage.setItem('tokenledger.key', '" + FakeApi.KEY + "')");
    page.navigate(api.origin() + "/" + search);
  }

  private Locator measure(String name) {
    return page.locator("[data-measure=" + name + "]");
  }

  private Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private Locator range(String label) {
    return page.locator(".range").getByLabel(label, new Locator.GetByLabelOptions().setExact(true));
  }

  private Locator badge() {
    return page.locator(".fresh");
  }

  @Test
  void asksForAKeyAndKeepsItForTheTabOnly() {
    page.navigate(api.origin() + "/");
    page.getByLabel("API key").fill("wrong");
    button("Continue").click();
    assertThat(page.getByRole(AriaRole.ALERT)).hasText("Send a valid API key. (unauthenticated)");

    page.getByLabel("API key").fill(FakeApi.KEY);
    button("Continue").click();
    assertThat(measure("model_calls")).hasText("18,204");
    assertThat(page.evaluate("localStorage.length")).isEqualTo(0);
    assertThat(page.url()).doesNotContain(FakeApi.KEY);
    assertThat(api.requests()).noneMatch(request -> request.contains(FakeApi.KEY));
  }

  @Test
  void remembersTheKeyWhenAskedToAndForgetsItOnSigningOut() {
    page.navigate(api.origin() + "/");
    page.getByLabel("API key").fill(FakeApi.KEY);
    page.getByLabel("Remember on this device").check();
    button("Continue").click();
    assertThat(measure("model_calls")).isVisible();
    assertThat(page.evaluate("localStorage.getItem('tokenledger.key')")).isEqualTo(FakeApi.KEY);

    button("Sign out").click();
    assertThat(page.getByLabel("API key")).isVisible();
    assertThat(page.evaluate("localStorage.length + sessionStorage.length")).isEqualTo(0);
  }

  @Test
  void showsFiguresWithAllDigitsInTheTitleAndTheChangeBesideThem() {
    open("");
    assertThat(measure("cost")).hasText("$130.03");
    assertThat(measure("cost")).hasAttribute("title", "$130.028568828");
    assertThat(measure("tokens")).hasAttribute("title", "49,551,288");
    assertThat(measure("success_rate")).hasText("98.9%");
    assertThat(measure("latency")).hasText("3.48 s");
    Locator tile =
        page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Model calls"));
    assertThat(tile).containsText("up 11.1% vs previous 24 hours");
  }

  @Test
  void showsANewEventWithinTwoSeconds() {
    open("");
    assertThat(measure("model_calls")).hasText("18,204");
    api.show(Scenario.busy().calls(18_205));
    assertThat(measure("model_calls"))
        .hasText("18,205", new LocatorAssertions.HasTextOptions().setTimeout(2_000));
  }

  @Test
  void asksForThePartsAgainOnlyWhenTheTotalsChanged() {
    open("");
    assertThat(measure("model_calls")).hasText("18,204");
    assertThat(page.locator(".bars .name").first()).hasText("gpt-4o");
    long before = queries();
    int asked = api.requests().size();
    page.waitForCondition(() -> api.requests().size() >= asked + 3);
    // The period moves on with the minute, which may happen once meanwhile.
    assertThat(queries()).isIn(before, before + 4);
  }

  private long queries() {
    return api.requests().stream().filter(request -> request.startsWith("POST")).count();
  }

  @Test
  void saysLiveAndThenThatTheNumbersAreStale() {
    open("");
    assertThat(badge())
        .containsText(Pattern.compile("live · data through \\d\\d:\\d\\d:\\d\\d · lag 0\\.4 s"));
    Locator spoken = badge().getByRole(AriaRole.STATUS);
    assertThat(spoken).hasText("The numbers are live.");

    api.show(Scenario.busy().becameStale());
    assertThat(badge()).hasAttribute("data-state", "stale");
    assertThat(badge()).containsText("lag 3 min");
    assertThat(spoken).containsText("Warning: the numbers are stale.");
  }

  @Test
  void keepsPeriodAndFiltersInTheAddress() {
    open("?period=7d&model=gpt-4o");
    assertThat(button("7d")).hasAttribute("aria-pressed", "true");
    assertThat(button("Remove the filter model gpt-4o")).isVisible();
    page.waitForCondition(
        () ->
            api.requests().stream()
                .anyMatch(
                    request ->
                        request.contains("period=7d&model=gpt-4o&timezone=Europe%2FBerlin")));

    button("30d").click();
    assertThat(page).hasURL(api.origin() + "/?period=30d&model=gpt-4o");
    page.goBack();
    assertThat(button("7d")).hasAttribute("aria-pressed", "true");
    button("Remove the filter model gpt-4o").click();
    assertThat(page).hasURL(api.origin() + "/?period=7d");
  }

  @Test
  void filtersByWhatIsPickedWithTheKeyboard() {
    open("");
    button("Agent").press("Enter");
    assertThat(page.getByLabel("Find a value of agent")).isFocused();
    page.keyboard().type("review");
    assertThat(page.locator(".options label")).hasCount(1);
    page.keyboard().press("Tab");
    page.keyboard().press("Space");
    assertThat(page).hasURL(api.origin() + "/?period=24h&agent=code-review");
    page.keyboard().press("Escape");
    assertThat(page.getByRole(AriaRole.DIALOG)).hasCount(0);
    assertThat(page.locator(".select.active")).isFocused();
    page.waitForCondition(
        () ->
            api.requests().stream()
                .anyMatch(
                    request -> request.contains("\"filters\":{\"agent\":[\"code-review\"]}")));
  }

  @Test
  void takesACustomPeriodInTheBrowsersTimeZone() {
    open("");
    button("Custom").click();
    range("From").fill("2026-11-01T00:00");
    range("To").fill("2026-11-03T00:00");
    button("Show").click();
    assertThat(page)
        .hasURL(
            api.origin() + "/?start=2026-10-31T23%3A00%3A00.000Z&end=2026-11-02T23%3A00%3A00.000Z");
    assertThat(badge()).containsText("past period");
  }

  @Test
  void neverTakesANameForMarkup() {
    String name = "<img src=x onerror=alert(1)>";
    api.show(Scenario.busy().agents("support-bot", name));
    open("?agent=" + java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8));
    assertThat(page.locator(".bars .name").getByText(name)).isVisible();
    assertThat(page.locator(".chip-value")).hasText(name);
    button("Agent, 1 picked").click();
    assertThat(page.locator(".options").getByText(name)).isVisible();
    assertThat(page.locator("img[src=x]")).hasCount(0);
  }

  @Test
  void saysThatTotalsMissUnpricedCalls() {
    api.show(Scenario.busy().unpriced(12));
    open("");
    assertThat(measure("cost")).hasText("≥ $130.03");
    Locator notice = page.getByRole(AriaRole.NOTE);
    assertThat(notice).containsText("12 calls have no price yet");
    notice.getByRole(AriaRole.LINK).click();
    assertThat(page.locator("#unpriced")).isVisible();
  }

  @Test
  void tellsHowToSendAFirstEventAndShowsItWhenItComes() {
    api.show(Scenario.busy().neverReported());
    open("");
    assertThat(page.locator("#first-event")).hasText("Waiting for the first event");
    assertThat(page.locator("pre")).containsText("curl " + api.origin() + "/v1/events");
    assertThat(badge()).containsText("no events yet");
    api.show(Scenario.busy().calls(1));
    assertThat(measure("model_calls")).hasText("1");
    assertThat(page.locator("pre")).hasCount(0);
  }

  @Test
  void offersAWayOutOfAnEmptyPeriod() {
    api.show(Scenario.busy().calls(0));
    open("?period=1h&agent=nobody");
    assertThat(page.getByText("Nothing was reported here")).isVisible();
    api.show(Scenario.busy());
    button("Show the last 90 days").click();
    assertThat(page).hasURL(api.origin() + "/?period=90d&agent=nobody");
    assertThat(measure("model_calls")).hasText("18,204");
  }

  @Test
  void keepsTheLastNumbersAndTriesAgainWhenTheServerFails() {
    open("");
    assertThat(measure("model_calls")).hasText("18,204");
    api.show(Scenario.busy().failing(503));
    Locator alert = page.locator(".notice.error");
    assertThat(alert).containsText("The ledger cannot be read. store_unavailable");
    assertThat(badge()).containsText(Pattern.compile("not live .* retrying in \\d+ s"));
    assertThat(measure("model_calls")).hasText("18,204");

    api.show(Scenario.busy().calls(20_000));
    assertThat(measure("model_calls")).hasText("20,000");
    assertThat(alert).isHidden();
    assertThat(badge()).hasAttribute("data-state", "live");
  }

  @Test
  void stopsAskingWhenTheQuestionIsWrong() {
    api.show(Scenario.busy().failing(400));
    open("");
    assertThat(page.locator(".notice.error")).containsText("invalid_parameter");
    assertThat(badge()).containsText("stopped");
    api.show(Scenario.busy());
    button("Retry now").click();
    assertThat(badge()).hasAttribute("data-state", "live");
  }

  @Test
  void showsTheChartAsATable() {
    open("");
    assertThat(page.locator(".plot svg[role=img]")).isVisible();
    button("Table").click();
    Locator table =
        page.getByRole(
            AriaRole.REGION,
            new Page.GetByRoleOptions().setName("Cost and calls over time, as a table"));
    // The hours of the gap are there too.
    assertThat(table.locator("tbody tr")).hasCount(25);
    assertThat(table.locator("tbody th").first()).containsText("(so far)");
    assertThat(table.locator("tbody th").last()).containsText("(from ");
    assertThat(table.locator("tbody td").getByText("$0.00")).hasCount(2);
  }

  @Test
  void readsOutTheBucketUnderThePointer() {
    open("");
    page.locator(".plot svg").hover();
    assertThat(page.locator(".tip dt"))
        .hasText(new String[] {"Cost", "Model calls", "Tokens", "Errors", "Latency p95"});
    assertThat(page.locator(".tip dd").first()).hasText(Pattern.compile("\\$\\d+\\.\\d\\d"));
  }

  @Test
  void ranksModelsByThePressedColumn() {
    open("");
    button("Latency p95").click();
    page.waitForCondition(
        () ->
            api.requests().stream()
                .anyMatch(request -> request.contains("\"order_by\":\"-latency_ms.p95\"")));
    assertThat(page.locator("th[aria-sort=descending]")).hasText("Latency p95");
  }

  @Test
  void explainsAFigureOnRequest() {
    open("");
    Locator ask = button("What is Success rate?");
    ask.click();
    assertThat(ask).hasAttribute("aria-expanded", "true");
    assertThat(page.getByText("The share of model calls, agent runs and steps")).isVisible();
  }

  @Test
  void followsTheSystemsColoursUntilOthersAreChosen() {
    page.context().close();
    page = newPage(new NewContextOptions().setColorScheme(ColorScheme.DARK));
    open("");
    assertThat(page.locator("body")).hasCSS("background-color", "rgb(13, 16, 22)");
    button("Light colours").click();
    assertThat(page.locator("body")).hasCSS("background-color", "rgb(245, 246, 249)");
    page.reload();
    assertThat(page.locator("body")).hasCSS("background-color", "rgb(245, 246, 249)");
  }

  @Test
  void fitsASmallScreen() {
    page.context().close();
    page = newPage(new NewContextOptions().setViewportSize(360, 740));
    api.show(Scenario.busy().unpriced(3).agents("an-agent-with-a-very-long-name-".repeat(6)));
    open("?period=30d&agent=" + "an-agent-with-a-very-long-name-".repeat(6));
    assertThat(page.locator(".bars .name").first()).isVisible();
    assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(360);
  }

  @Test
  void givesEveryTextEnoughContrastInBothColourings() {
    for (ColorScheme colours : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      page.context().close();
      page = newPage(new NewContextOptions().setColorScheme(colours));
      api.show(Scenario.busy().unpriced(3).becameStale());
      open("?agent=support-bot");
      assertThat(page.locator(".bars .name").first()).isVisible();
      button("What is Cost?").click();
      assertThat(page.evaluate(FAINT_TEXTS)).as("%s", colours).isEqualTo(List.of());
    }
  }

  /** Texts whose contrast with the nearest background is below 4.5:1 (WCAG 2.1, 1.4.3). */
  private static final String FAINT_TEXTS =
      """
      () => {
        const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const opaque = (node) => {
          const color = numbers(getComputedStyle(node).backgroundColor);
          return color.length === 3 || color[3] === 1 ? color : opaque(node.parentElement);
        };
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const faint = [];
        while (texts.nextNode()) {
          const node = texts.currentNode.parentElement;
          if (!texts.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('noscript')) continue;
          const style = getComputedStyle(node);
          const front = light(numbers(node.closest('svg') ? style.fill : style.color));
          const back = light(opaque(node.closest('svg')?.parentElement ?? node));
          const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
          if (ratio < 4.5) faint.push(`${texts.currentNode.textContent} ${ratio.toFixed(2)}`);
        }
        return faint;
      }
      """;
}
