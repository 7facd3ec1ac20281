package dev.tokenledger.reporting;

import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.query.QueryService;
import dev.tokenledger.platform.redis.BlockingRedis;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** What reads the ledger, over the reporting service's own connections. */
@ApplicationScoped
class LedgerReaders {
  @Produces
  @Singleton
  QueryService queries(ReportingStart start, ByteBudget memory) {
    return new QueryService(start.database(), memory);
  }

  @Produces
  @Singleton
  FreshnessReader freshness(
      ReportingStart start,
      BlockingRedis redis,
      StreamConfig streams,
      ReportingConfig config,
      Clock clock) {
    return new FreshnessReader(start.database(), redis, streams, config.staleAfter(), clock);
  }
}
