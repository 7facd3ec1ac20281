package dev.tokenledger.alerting;

import dev.tokenledger.platform.PlatformConfig;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;

/** Settings as the services read them. */
public final class Settings {
  private Settings() {}

  /** Those of the alerting service, with all others as they are by default. */
  public static AlertingConfig alerting(Map<String, String> settings) {
    return read(AlertingConfig.class, settings);
  }

  /** Those that all services have, with this password of the database's owner. */
  public static PlatformConfig platform(String ownerPassword) {
    return read(PlatformConfig.class, Map.of("tokenledger.database.owner-password", ownerPassword));
  }

  private static <T> T read(Class<T> mapping, Map<String, String> settings) {
    return new SmallRyeConfigBuilder()
        .withMapping(mapping)
        .withConverter(Duration.class, 200, new DurationConverter())
        .withDefaultValues(settings)
        .build()
        .getConfigMapping(mapping);
  }
}
