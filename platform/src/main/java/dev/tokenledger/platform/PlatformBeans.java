package dev.tokenledger.platform;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Values that come from outside the program, so that tests can bring their own. */
@ApplicationScoped
class PlatformBeans {
  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }
}
