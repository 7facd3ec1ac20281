package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A tenant's bound of events in a minute. */
@ExtendWith(Product.class)
class QuotaIT {
  private static final int QUOTA = 10;

  private final TokenLedgerProcess product;

  QuotaIT(TokenLedgerProcess product) {
    this.product = product;
  }

  @Test
  void whatGoesBeyondTheQuotaIsRefusedWholeUntilTheNextMinute() throws Exception {
    int tenant = tenantWithQuota();
    Api caller = caller(tenant, "ingest", "default");
    Api reader = caller(tenant, "read", null);
    // The minute must not end in between.
    long left = 60 - Instant.now().getEpochSecond() % 60;
    if (left < 20) {
      Thread.sleep(Duration.ofSeconds(left).toMillis());
    }
    Eventually.holds(
        "the quota is known everywhere",
        Duration.ofSeconds(10),
        () -> report(caller, QUOTA + 1).status() == 429);
    assertThat(report(caller, 6).accepted()).isEqualTo(6);
    Api.Answer refused = report(caller, 5);
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.code()).isEqualTo("quota_exceeded");
    assertThat(refused.detail()).contains("10 events a minute");
    Instant next = Instant.now().truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    assertThat(Long.parseLong(refused.retryAfter().orElseThrow()))
        .isBetween(1L, Duration.between(Instant.now(), next).toSeconds() + 2);
    assertThat(report(caller, 4).accepted()).isEqualTo(4);
    assertThat(report(caller, 1).status()).isEqualTo(429);
    Eventually.holds(
        "ten events are stored, and no more",
        Duration.ofSeconds(20),
        () ->
            reader.get("/v1/ledger/reconciliation").json().path("stored").path("events").asLong()
                == QUOTA);
  }

  private Api caller(int tenant, String scope, @Nullable String project) throws Exception {
    try (Connection connection = product.database()) {
      return product.api(Tenants.key(connection, tenant, scope, project));
    }
  }

  private int tenantWithQuota() throws Exception {
    try (Connection connection = product.database()) {
      int tenant = Tenants.create(connection, "quota-" + UUID.randomUUID());
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO admission.quotas (tenant_id, events_per_minute) VALUES (?, ?)")) {
        insert.setInt(1, tenant);
        insert.setLong(2, QUOTA);
        insert.execute();
      }
      return tenant;
    }
  }

  private static Api.Answer report(Api caller, int events) throws IOException {
    List<ObjectNode> batch =
        IntStream.range(0, events)
            .mapToObj(i -> Events.call(UUID.randomUUID().toString(), 1, 1))
            .toList();
    return caller.report(batch);
  }
}
