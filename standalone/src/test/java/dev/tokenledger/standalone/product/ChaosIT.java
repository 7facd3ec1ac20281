package dev.tokenledger.standalone.product;

import java.util.LinkedHashMap;
import java.util.Map;

/** One process with its own stores, which it starts again itself. */
class ChaosIT extends Chaos<TokenLedgerProcess> {
  @Override
  TokenLedgerProcess start() throws Exception {
    return TokenLedgerProcess.start("chaos");
  }

  @Override
  Map<String, Victim> victims(TokenLedgerProcess product) {
    Map<String, Victim> victims = new LinkedHashMap<>();
    victims.put(
        "application",
        () -> {
          product.kill();
          product.startAgain();
          return true;
        });
    victims.put("redis", product::killRedis);
    victims.put("guard redis", product::killGuardRedis);
    victims.put("postgres", product::killPostgres);
    victims.put("sessions", sessions(product));
    return victims;
  }
}
