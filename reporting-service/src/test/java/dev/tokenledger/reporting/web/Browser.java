package dev.tokenledger.reporting.web;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import dev.tokenledger.testsupport.NeededProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A real Chromium, found by the property or variable {@code CHROMIUM}. */
final class Browser implements AutoCloseable {
  private final Playwright playwright;
  private final com.microsoft.playwright.Browser chromium;

  Browser() {
    Path executable =
        NeededProgram.at(
            Path.of(
                Optional.ofNullable(System.getProperty("CHROMIUM"))
                    .or(() -> Optional.ofNullable(System.getenv("CHROMIUM")))
                    .orElse("/usr/bin/chromium")),
            "chromium");
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    chromium =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(executable)
                    .setHeadless(true)
                    .setArgs(
                        List.of(
                            "--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  /** A page with storage of its own. */
  Page newPage(com.microsoft.playwright.Browser.NewContextOptions options) {
    BrowserContext context = chromium.newContext(options.setTimezoneId("Europe/Berlin"));
    context.setDefaultTimeout(8_000);
    return context.newPage();
  }

  @Override
  public void close() {
    playwright.close();
  }
}
