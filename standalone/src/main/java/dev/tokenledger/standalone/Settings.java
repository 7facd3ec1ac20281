package dev.tokenledger.standalone;

import dev.tokenledger.aggregation.AggregationConfig;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.edge.EdgeConfig;
import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.PlatformConfig;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.settings.SettingNames;
import dev.tokenledger.reporting.ReportingConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** All settings of the product, to tell misspelled ones before anything is started. */
final class Settings {
  static final List<Class<?>> MAPPINGS =
      List.of(
          PlatformConfig.class,
          EdgeConfig.class,
          StreamConfig.class,
          IngestConfig.class,
          AggregationConfig.class,
          AlertingConfig.class,
          ReportingConfig.class);

  /** Those of the gateway, which is another application. */
  static final List<String> GATEWAY =
      List.of(
          "tokenledger.gateway.ingest",
          "tokenledger.gateway.aggregation",
          "tokenledger.gateway.alerting",
          "tokenledger.gateway.reporting",
          "tokenledger.gateway.connect-timeout",
          "tokenledger.gateway.idle-timeout",
          "tokenledger.gateway.probe-timeout",
          "tokenledger.gateway.max-connections",
          "tokenledger.gateway.max-body-bytes",
          "tokenledger.gateway.max-waiting",
          "tokenledger.gateway.document-age",
          "tokenledger.gateway.trust-forwarded");

  private static final Pattern OPTION = Pattern.compile("(?:^|\\s)-D([^\\s=]+)");

  /** As of a command that was used wrongly. */
  private static final int WRONG_USE = 2;

  private Settings() {}

  /**
   * Ends the process when it is given a setting that there is not, and warns of such variables of
   * the environment.
   *
   * @param properties of this process
   * @param options of processes that it will start, as on a command line
   */
  static void require(Properties properties, String options) {
    SettingNames names = SettingNames.of(MAPPINGS, GATEWAY);
    List<String> given = new ArrayList<>(properties.stringPropertyNames());
    Matcher option = OPTION.matcher(options);
    while (option.find()) {
      given.add(option.group(1));
    }
    List<String> faults = names.faults(given);
    faults.forEach(fault -> System.err.println("tokenledger: " + fault));
    names
        .faultsOfEnvironment(System.getenv().keySet())
        .forEach(fault -> System.err.println("tokenledger: warning: " + fault));
    if (!faults.isEmpty()) {
      System.exit(WRONG_USE);
    }
  }
}
