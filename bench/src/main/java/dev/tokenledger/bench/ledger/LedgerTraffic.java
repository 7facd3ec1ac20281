package dev.tokenledger.bench.ledger;

import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.stream.AdmittedBatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The traffic as admitted batches and as rows of the ledger: the same events that the door and the
 * settling would make of it. Not thread-safe.
 */
public final class LedgerTraffic {
  private static final String PROJECT = "default";
  private static final String SOURCE = "native";
  private static final String API_KEY = "load";

  private final Traffic traffic;
  private final int tenantId;
  private final String run;
  private final PriceBook prices = PriceBook.of(Catalogue.builtIn().prices());
  private final Dictionary dictionary = new Dictionary();
  private final EventEncoder encoder = new EventEncoder(dictionary);
  private long events;

  /**
   * @param run part of every id, so that two runs share none
   */
  public LedgerTraffic(Traffic traffic, int tenantId, String run) {
    this.traffic = traffic;
    this.tenantId = tenantId;
    this.run = run;
  }

  /** The next events, spread evenly over a stretch of time. */
  public AdmittedBatch batch(int count, Instant start, Instant end) {
    long startMillis = start.toEpochMilli();
    double step = (double) (end.toEpochMilli() - startMillis) / count;
    List<UsageEvent> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      list.add(event(traffic.next(), Instant.ofEpochMilli(startMillis + (long) (i * step))));
    }
    return new AdmittedBatch(
        tenantId,
        PROJECT,
        SOURCE,
        API_KEY,
        end.toEpochMilli() * 1_000,
        count,
        Map.of(),
        list,
        List.of());
  }

  /** The rows of a batch; values that have no number yet get one, in a transaction of its own. */
  public List<LedgerEvent> rows(Connection connection, AdmittedBatch batch) throws SQLException {
    while (true) {
      Dictionary.Missing missing = new Dictionary.Missing();
      List<LedgerEvent> rows = new ArrayList<>(batch.events().size());
      for (UsageEvent event : batch.events()) {
        rows.add(encoder.encode(batch, rows.size(), event, missing));
      }
      if (missing.isEmpty()) {
        return rows;
      }
      dictionary.resolve(connection, missing);
    }
  }

  private UsageEvent event(Call call, Instant time) {
    long number = events++;
    EventHeader header =
        new EventHeader(
            "load-" + run + String.format("%012x", number),
            time,
            "production",
            call.agent(),
            call.feature(),
            call.user(),
            "s-" + run + call.session(),
            call.traced() ? String.format("%032x", call.session()) : null,
            call.traced() ? String.format("%016x", number) : null,
            null,
            call.team() == null ? Map.of() : Map.of("team", call.team()),
            Map.of(),
            false);
    CallStatus status = call.errorType() == null ? CallStatus.SUCCESS : CallStatus.FAILURE;
    if (call.kind() == Call.Kind.AGENT_RUN) {
      return new AgentRun(
          header, "resolve", status, call.errorType(), call.latencyMillis() * 1_000L);
    }
    ModelCall priced =
        new ModelCall(
            header,
            call.provider(),
            call.model(),
            "chat",
            null,
            null,
            new TokenUsage(
                call.inputTokens(),
                call.outputTokens(),
                call.cachedTokens(),
                0,
                0,
                call.reasoningTokens(),
                0,
                0,
                0,
                0),
            call.latencyMillis() * 1_000L,
            call.firstTokenMillis() * 1_000L,
            status,
            call.errorType(),
            null,
            null,
            false,
            null,
            BillableUnits.NONE,
            null,
            ModelCall.Accounting.STANDALONE,
            Pricing.PENDING);
    return priced.withPricing(prices.price(tenantId, priced));
  }
}
