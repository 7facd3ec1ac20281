package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.platform.PlatformConfig;
import dev.tokenledger.platform.settings.SettingNames;
import io.smallrye.config.ConfigMapping;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private final SettingNames all = SettingNames.of(Settings.MAPPINGS, Settings.GATEWAY);

  @Test
  void everyDocumentedSettingIsKnownInBothForms() throws Exception {
    List<String> documented =
        Files.readAllLines(Path.of("..", "docs", "configuration.md")).stream()
            .filter(line -> line.startsWith("| `tokenledger."))
            .map(line -> line.split("`")[1].replace("SERVICE", "ingest"))
            .toList();
    assertThat(documented).hasSizeGreaterThan(50);
    assertThat(all.faults(documented)).isEmpty();
    assertThat(
            all.faultsOfEnvironment(
                documented.stream()
                    .map(name -> name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                    .toList()))
        .isEmpty();
  }

  @Test
  void aMisspelledOneIsSaidWithTheNearest() {
    assertThat(all.faults(List.of("tokenledger.ingest.max-event", "quarkus.http.prot")))
        .containsExactly(
            "there is no setting tokenledger.ingest.max-event; is tokenledger.ingest.max-events"
                + " meant?");
    assertThat(all.faults(List.of("tokenledger.gateway.max-conections"))).hasSize(1);
    assertThat(all.faults(List.of("tokenledger.alertng.retention"))).hasSize(1);
    assertThat(all.faultsOfEnvironment(List.of("TOKENLEDGER_REPORTING_MAX_CONECTIONS", "HOME")))
        .singleElement()
        .asString()
        .contains("TOKENLEDGER_REPORTING_MAX_CONNECTIONS");
  }

  @Test
  void aServiceLeavesTheSettingsOfOthersToThem() {
    SettingNames one =
        SettingNames.of(
            List.of(PlatformConfig.class, dev.tokenledger.ingest.IngestConfig.class), List.of());
    assertThat(one.faults(List.of("tokenledger.alerting.allow-private-addresses"))).isEmpty();
    assertThat(one.faults(List.of("tokenledger.ingest.nonsense"))).hasSize(1);
  }

  @Test
  void theGatewaysAreThoseThatItHas() throws Exception {
    Class<?> mapping = Class.forName("dev.tokenledger.gateway.GatewayConfig");
    String prefix = mapping.getAnnotation(ConfigMapping.class).prefix() + ".";
    assertThat(Settings.GATEWAY)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(mapping.getDeclaredMethods())
                .filter(method -> !method.isDefault() && !method.isSynthetic())
                .map(Method::getName)
                .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .map(name -> prefix + name)
                .toList());
  }
}
