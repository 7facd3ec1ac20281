package dev.tokenledger.platform.settings;

import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jboss.logging.Logger;

/**
 * Refuses to start with a setting that there is not: a misspelled one would silently be without
 * effect. Takes the place of the framework's own check, which also refuses the settings of other
 * services.
 */
@ApplicationScoped
public class SettingsCheck {
  private static final Logger LOG = Logger.getLogger(SettingsCheck.class);

  private final BeanManager beans;
  private final SmallRyeConfig config;

  public SettingsCheck(BeanManager beans, SmallRyeConfig config) {
    this.beans = beans;
    this.config = config;
  }

  void check(@Observes @Priority(1) StartupEvent event) {
    SettingNames names = SettingNames.of(mappings(), Set.of());
    List<String> faults = new ArrayList<>();
    for (ConfigSource source : config.getConfigSources()) {
      // The environment is a source, too, with names that were guessed from its variables.
      if (!source.getName().startsWith("EnvConfigSource")) {
        faults.addAll(names.faults(source.getPropertyNames()));
      }
    }
    if (!faults.isEmpty()) {
      throw new IllegalStateException(String.join("; ", faults));
    }
    names.faultsOfEnvironment(System.getenv().keySet()).forEach(LOG::warn);
  }

  private List<Class<?>> mappings() {
    List<Class<?>> mappings = new ArrayList<>();
    for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
      for (Type type : bean.getTypes()) {
        if (type instanceof Class<?> mapped
            && mapped.isAnnotationPresent(ConfigMapping.class)
            && mapped.getAnnotation(ConfigMapping.class).prefix().startsWith("tokenledger")) {
          mappings.add(mapped);
        }
      }
    }
    return mappings;
  }
}
