package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.aggregation.AggregationConfig;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.edge.EdgeConfig;
import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.PlatformConfig;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.reporting.ReportingConfig;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SettingsDocumentTest {
  private static final List<Class<?>> MAPPINGS =
      List.of(
          PlatformConfig.class,
          EdgeConfig.class,
          StreamConfig.class,
          IngestConfig.class,
          AggregationConfig.class,
          AlertingConfig.class,
          ReportingConfig.class);

  @Test
  void theDocumentListsEverySettingWithItsDefaultAndNoOther() throws IOException {
    Map<String, String> settings = new TreeMap<>();
    for (Class<?> mapping : MAPPINGS) {
      collect(mapping, mapping.getAnnotation(ConfigMapping.class).prefix(), settings);
    }
    Map<String, String> documented = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "configuration.md"))) {
      if (line.startsWith("| `")) {
        String[] cells = line.split(" *\\| *", 4);
        documented.put(cells[1].replace("`", ""), cells[2].replace("`", ""));
        assertThat(cells[3]).as(cells[1]).hasSizeGreaterThan(20);
      }
    }
    assertThat(documented).isEqualTo(settings);
  }

  private static void collect(Class<?> mapping, String prefix, Map<String, String> settings) {
    List<Method> methods = new ArrayList<>(List.of(mapping.getDeclaredMethods()));
    methods.removeIf(method -> method.isDefault() || method.isSynthetic());
    for (Method method : methods) {
      String name =
          prefix + "." + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      Class<?> type = method.getReturnType();
      if (type.isInterface() && type.getEnclosingClass() == mapping) {
        collect(type, name, settings);
      } else {
        WithDefault value = method.getAnnotation(WithDefault.class);
        settings.put(
            type == Map.class ? name + ".SERVICE" : name, value == null ? "" : value.value());
      }
    }
  }
}
