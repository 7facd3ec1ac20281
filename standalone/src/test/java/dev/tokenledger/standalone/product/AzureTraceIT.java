package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.standalone.product.UsageTable.Cell;
import dev.tokenledger.standalone.product.UsageTable.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * 8,819 real calls go in over HTTP; what the ledger says of them is compared with what an engine
 * that knows nothing of the product adds up from the same file.
 */
@ExtendWith(Product.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AzureTraceIT {
  private static final String FILE = "traces/azure-llm/AzureLLMInferenceTrace_code.csv";
  private static final int CALLS = 8_819;
  private static final int BATCH = 1_000;
  private static final LocalDate RECORDED = LocalDate.of(2023, 11, 16);

  /** Whole days by which the calls are moved, so that they happened yesterday. */
  private final long days =
      ChronoUnit.DAYS.between(RECORDED, LocalDate.now(ZoneOffset.UTC).minusDays(1));

  private final Path file = SharedData.path(FILE);
  private final Ledger ledger;
  private final Api reader;
  private final Projects.Project project;

  AzureTraceIT(TokenLedgerProcess product) throws Exception {
    this.ledger = product.ledger();
    this.reader = product.admin();
    this.project = Projects.create(product, "azure");
    List<ObjectNode> calls = calls();
    assertThat(calls).hasSize(CALLS);
    for (int from = 0; from < CALLS; from += BATCH) {
      List<ObjectNode> batch = calls.subList(from, Math.min(CALLS, from + BATCH));
      Api.Answer answer = from == 0 ? reportCompressed(batch) : project.ingest().report(batch);
      assertThat(answer.accepted()).as(answer.text()).isEqualTo(batch.size());
    }
    ledger.awaitSettled();
  }

  @Test
  void everyHourAndModelIsExactInTokensAndToTheNanoDollar() throws Exception {
    assertThat(UsageTable.rolledUp(ledger, "hour", project.name())).isEqualTo(expected("hour"));
  }

  @Test
  void everyMinuteAndModelIsExactInTokensAndToTheNanoDollar() throws Exception {
    SortedMap<Cell, Usage> expected = expected("minute");
    assertThat(expected).hasSizeGreaterThan(100);
    assertThat(UsageTable.rolledUp(ledger, "minute", project.name())).isEqualTo(expected);
  }

  @Test
  void theDayAndModelIsExactInTokensAndToTheNanoDollar() throws Exception {
    assertThat(UsageTable.rolledUp(ledger, "day", project.name())).isEqualTo(expected("day"));
  }

  @Test
  void theQueryApiAnswersTheSameByTheHour() throws Exception {
    Instant day = RECORDED.plusDays(days).atStartOfDay(ZoneOffset.UTC).toInstant();
    assertThat(
            UsageTable.queried(reader, project.name(), day, day.plus(1, ChronoUnit.DAYS), "hour"))
        .isEqualTo(UsageTable.withoutCostByKind(expected("hour")));
  }

  @Test
  void theQueryApiAnswersTheSameForAPartOfAnHour() throws Exception {
    Instant day = RECORDED.plusDays(days).atStartOfDay(ZoneOffset.UTC).toInstant();
    Instant from = day.plus(18 * 60 + 31, ChronoUnit.MINUTES);
    Instant until = day.plus(19 * 60 + 7, ChronoUnit.MINUTES);
    long nanos =
        expected("minute").entrySet().stream()
            .filter(e -> !e.getKey().bucket().isBefore(from) && e.getKey().bucket().isBefore(until))
            .mapToLong(e -> e.getValue().costNanos())
            .sum();
    assertThat(
            UsageTable.queried(reader, project.name(), from, until, "none").values().stream()
                .mapToLong(Usage::costNanos)
                .sum())
        .isEqualTo(nanos);
  }

  private List<ObjectNode> calls() throws IOException {
    List<ObjectNode> calls = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 1; i < lines.size(); i++) {
      String[] fields = lines.get(i).split(",");
      Prices model = Prices.PUBLISHED.get((i - 1) % Prices.PUBLISHED.size());
      // The seven digits of the fraction stay as they are.
      String time =
          LocalDate.parse(fields[0].substring(0, 10)).plusDays(days)
              + "T"
              + fields[0].substring(11)
              + "Z";
      calls.add(
          Events.call(
              project.name() + "-" + i,
              model.provider(),
              model.model(),
              time,
              Long.parseLong(fields[1]),
              Long.parseLong(fields[2])));
    }
    return calls;
  }

  private Api.Answer reportCompressed(List<ObjectNode> batch) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      String lines = batch.stream().map(ObjectNode::toString).collect(Collectors.joining("\n"));
      out.write(lines.getBytes(StandardCharsets.UTF_8));
    }
    return project
        .ingest()
        .report(
            bytes.toByteArray(),
            "Content-Type",
            "application/x-ndjson",
            "Content-Encoding",
            "gzip");
  }

  /** What the file itself says, by a calculation of its own. */
  private SortedMap<Cell, Usage> expected(String grain) throws Exception {
    String sql =
        """
        WITH prices(position, model, input_price, output_price, cached_price) AS (VALUES %s),
        calls AS (
          SELECT (row_number() OVER () - 1) %% %d AS position,
                 substr("TIMESTAMP", 1, 19)::TIMESTAMP + INTERVAL (%d) DAY AS time,
                 ContextTokens::HUGEINT AS input, GeneratedTokens::HUGEINT AS output
          FROM read_csv('%s', header = true, all_varchar = true))
        SELECT model, strftime(date_trunc('%s', time), '%%Y-%%m-%%dT%%H:%%M:%%SZ'),
               count(*), sum(input), sum(output), 0,
               sum(input * input_price), sum(output * output_price), 0,
               sum(input * input_price + output * output_price)
        FROM calls JOIN prices USING (position) GROUP BY ALL
        """
            .formatted(Prices.asValues(), Prices.PUBLISHED.size(), days, file, grain);
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return UsageTable.of(Ledger.rows(rows));
    }
  }
}
