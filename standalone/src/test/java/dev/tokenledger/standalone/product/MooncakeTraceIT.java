package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.standalone.product.UsageTable.Cell;
import dev.tokenledger.standalone.product.UsageTable.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * 3,993 requests with cached prefixes. A block of 512 tokens that an earlier request had is cached;
 * the sender keeps a set of blocks, the expectation is one SQL query over the file.
 */
@ExtendWith(Product.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MooncakeTraceIT {
  private static final String FILE = "traces/mooncake/synthetic_trace.jsonl";
  private static final int REQUESTS = 3_993;
  private static final int BATCH = 1_000;
  private static final long BLOCK_TOKENS = 512;

  private final Instant start =
      Instant.now().truncatedTo(ChronoUnit.DAYS).minus(2, ChronoUnit.DAYS);
  private final Path file = SharedData.path(FILE);
  private final Ledger ledger;
  private final Api reader;
  private final Projects.Project project;

  MooncakeTraceIT(TokenLedgerProcess product) throws Exception {
    this.ledger = product.ledger();
    this.reader = product.admin();
    this.project = Projects.create(product, "mooncake");
    List<ObjectNode> calls = calls();
    assertThat(calls).hasSize(REQUESTS);
    for (int from = 0; from < REQUESTS; from += BATCH) {
      List<ObjectNode> batch = calls.subList(from, Math.min(REQUESTS, from + BATCH));
      assertThat(project.ingest().report(batch).accepted()).isEqualTo(batch.size());
    }
    ledger.awaitSettled();
  }

  @Test
  void cachedTokensAreCountedAndPricedApartToTheNanoDollar() throws Exception {
    SortedMap<Cell, Usage> expected = expected();
    assertThat(expected.values()).allSatisfy(u -> assertThat(u.cachedInputTokens()).isPositive());
    assertThat(UsageTable.rolledUp(ledger, "hour", project.name())).isEqualTo(expected);
    assertThat(
            UsageTable.queried(
                reader, project.name(), start, start.plus(1, ChronoUnit.DAYS), "hour"))
        .isEqualTo(UsageTable.withoutCostByKind(expected));
  }

  private List<ObjectNode> calls() throws IOException {
    List<ObjectNode> calls = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode request = Api.JSON.readTree(line);
      int i = calls.size();
      Prices model = Prices.PUBLISHED.get(i % Prices.PUBLISHED.size());
      long known = 0;
      for (JsonNode block : request.path("hash_ids")) {
        known += seen.contains(block.asLong()) ? 1 : 0;
      }
      request.path("hash_ids").forEach(block -> seen.add(block.asLong()));
      long input = request.path("input_length").asLong();
      ObjectNode call =
          Events.call(
              project.name() + "-" + i,
              model.provider(),
              model.model(),
              start.plusMillis(request.path("timestamp").asLong()).toString(),
              input,
              request.path("output_length").asLong());
      ((ObjectNode) call.path("usage"))
          .put("cached_input_tokens", Math.min(input, known * BLOCK_TOKENS));
      calls.add(call);
    }
    return calls;
  }

  private SortedMap<Cell, Usage> expected() throws Exception {
    String sql =
        """
        WITH prices(position, model, input_price, output_price, cached_price) AS (VALUES %s),
        requests AS (
          SELECT row_number() OVER () - 1 AS n, "timestamp" AS ms, input_length::HUGEINT AS input,
                 output_length::HUGEINT AS output, hash_ids
          FROM read_json('%s', format = 'newline_delimited')),
        blocks AS (SELECT n, unnest(hash_ids) AS block FROM requests),
        first_seen AS (SELECT block, min(n) AS first_n FROM blocks GROUP BY block),
        cached AS (
          SELECT n, count(*) FILTER (first_n < n) AS known
          FROM blocks JOIN first_seen USING (block) GROUP BY n),
        calls AS (
          SELECT n %% %d AS position, to_timestamp(%d + ms // 1000) AS time, input, output,
                 least(input, coalesce(known, 0) * 512)::HUGEINT AS cached
          FROM requests LEFT JOIN cached USING (n))
        SELECT model,
               strftime(date_trunc('hour', time AT TIME ZONE 'UTC'), '%%Y-%%m-%%dT%%H:%%M:%%SZ'),
               count(*), sum(input), sum(output), sum(cached),
               sum((input - cached) * input_price), sum(output * output_price),
               sum(cached * cached_price),
               sum((input - cached) * input_price + output * output_price + cached * cached_price)
        FROM calls JOIN prices USING (position) GROUP BY ALL
        """
            .formatted(Prices.asValues(), file, Prices.PUBLISHED.size(), start.getEpochSecond());
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return UsageTable.of(Ledger.rows(rows));
    }
  }
}
