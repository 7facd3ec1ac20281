package dev.tokenledger.bench.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.UsageEvent;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TrafficTest {
  private static List<Call> calls(long seed) {
    return Stream.generate(new Traffic(seed, TokenLengths.logNormal())::next)
        .limit(50_000)
        .toList();
  }

  @Test
  void sameSeedGivesTheSameTraffic() {
    assertThat(calls(5)).isEqualTo(calls(5)).isNotEqualTo(calls(6));
  }

  @Test
  void trafficHasTheShapeItClaims() {
    Set<String> users = new HashSet<>();
    Set<String> agents = new HashSet<>();
    Set<Long> sessions = new HashSet<>();
    int errors = 0;
    for (Call call : calls(5)) {
      users.add(call.user());
      agents.add(call.agent());
      sessions.add(call.session());
      errors += call.errorType() == null ? 0 : 1;
    }
    assertThat(users).hasSizeBetween(1_000, 2_000);
    assertThat(agents).hasSize(40);
    assertThat(50_000 / sessions.size()).isBetween(15, 25);
    assertThat(errors).isBetween(1_200, 1_800);
  }

  @Test
  void everyModelHasAPrice() {
    Instant now = Instant.parse("2026-11-20T10:00:00Z");
    for (UsageEvent event :
        new LedgerTraffic(new Traffic(5, TokenLengths.logNormal()), 1, "test-")
            .batch(20_000, now.minusSeconds(60), now)
            .events()) {
      if (event instanceof ModelCall call) {
        assertThat(call.pricing()).as(call.model()).isInstanceOf(Pricing.Priced.class);
      }
    }
  }
}
