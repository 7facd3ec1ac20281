package dev.tokenledger.standalone.product;

import java.util.LinkedHashMap;
import java.util.Map;

/** Four services and the gateway, which their launcher starts again, over stores of others. */
class ServicesChaosIT extends Chaos<ServicesInstallation> {
  @Override
  ServicesInstallation start() throws Exception {
    return ServicesInstallation.start("chaos-services");
  }

  @Override
  Map<String, Victim> victims(ServicesInstallation product) {
    Map<String, Victim> victims = new LinkedHashMap<>();
    for (String name : ServicesInstallation.PROCESSES) {
      victims.put(name, () -> product.killIfAlive(name));
    }
    victims.put(
        "redis",
        () -> {
          product.stores().killAndStartRedis();
          return true;
        });
    victims.put(
        "postgres",
        () -> {
          product.stores().killAndStartPostgres();
          return true;
        });
    victims.put("sessions", sessions(product));
    return victims;
  }
}
