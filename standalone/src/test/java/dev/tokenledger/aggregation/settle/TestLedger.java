package dev.tokenledger.aggregation.settle;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.aggregation.block.BlockDedup;
import dev.tokenledger.aggregation.block.BlockEncoder;
import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.dictionary.SeriesCatalogue;
import dev.tokenledger.aggregation.event.Adjustments;
import dev.tokenledger.aggregation.event.EventStore;
import dev.tokenledger.aggregation.event.Partitions;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.aggregation.identity.EventDedup;
import dev.tokenledger.aggregation.identity.IdentityGenerations;
import dev.tokenledger.aggregation.repricing.Repricing;
import dev.tokenledger.aggregation.rollup.RollupWriter;
import dev.tokenledger.aggregation.rollup.UserSums;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.pricing.PriceBooks;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The ledger as the aggregation service keeps it, fed with events of any time. */
public final class TestLedger implements AutoCloseable {
  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
  private static final long MOST_IDENTITIES = 1_000_000;
  private static final long FILTER_BYTES = 1 << 20;

  private final Database database;
  private final Settlement settlement;
  private final Settlement.Connections connections;
  private long admitted = 1_000_000;

  /** Makes the tables of the door, the ledger and whoever reads it. */
  public TestLedger(TestDatabase stores) throws SQLException {
    stores
        .migrations()
        .migrate(
            "admission", List.of("V1__admission.sql", "V2__guard.sql", "V3__repeated_prices.sql"));
    stores
        .migrations()
        .migrate(
            "ledger",
            List.of(
                "V1__ledger.sql",
                "V2__guard.sql",
                "V3__api_keys.sql",
                "V10__user_sums.sql",
                "V11__records.sql",
                "V12__less_for_each_event.sql"));
    database = stores.databases().open(ServiceRole.AGGREGATION, 8);
    StoredEvents stored = new StoredEvents(new EventStore());
    Adjustments adjustments = new Adjustments();
    settlement =
        new Settlement(
            new Dictionary(),
            new EventStore(),
            new RollupWriter(new SeriesCatalogue(), new UserSums(CLOCK)),
            new BlockDedup(),
            new EventDedup(new IdentityGenerations(database, MOST_IDENTITIES, FILTER_BYTES)),
            new Partitions(),
            new CompletenessWriter(CLOCK),
            new WrapperResolution(),
            new Corrections(
                stored,
                adjustments,
                new Repricing(new PriceBooks(new ObjectMapper()), new ObjectMapper())));
    connections = new Settlement.Connections(database.connect(), database.connect());
    settlement.prepare(connections);
  }

  /** Settles events as a block of their own, admitted after all before them. */
  public void settle(
      int tenantId, String project, @Nullable String apiKey, List<? extends UsageEvent> events)
      throws SQLException {
    AdmittedBatch batch =
        new AdmittedBatch(
            tenantId,
            project,
            "test",
            apiKey,
            ++admitted,
            events.size(),
            Map.of(),
            List.copyOf(events),
            List.of());
    settle(new Block(UUID.randomUUID(), 1, admitted, List.of(batch)));
  }

  /** Settles a block. */
  void settle(Block block) throws SQLException {
    BlockEncoder encoder = settlement.encoder();
    encoder.add(block);
    settlement.settle(connections, 0, encoder);
  }

  Database database() {
    return database;
  }

  @Override
  public void close() throws SQLException {
    connections.settling().close();
    connections.naming().close();
    database.close();
  }
}
