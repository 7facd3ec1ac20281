package dev.tokenledger.ingest.body;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.http.BodyLimit;
import dev.tokenledger.platform.memory.ByteBudget;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The endpoints whose bodies may be larger than those of the rest of the API. */
class IngestLimits {
  /** As the importer reads; LiteLLM's file has less than a tenth of it. */
  private static final long PRICE_LIST = 32L * 1024 * 1024;

  @Produces
  @Singleton
  BodyLimit events(IngestConfig config) {
    return new BodyLimit("/v1/events", config.maxBodyBytes(), ByteBudget.Use.INGEST);
  }

  @Produces
  @Singleton
  BodyLimit traces(IngestConfig config) {
    return new BodyLimit("/v1/traces", config.maxBodyBytes(), ByteBudget.Use.INGEST);
  }

  @Produces
  @Singleton
  BodyLimit priceList() {
    return new BodyLimit("/v1/prices/import", PRICE_LIST, ByteBudget.Use.ANSWERS);
  }
}
