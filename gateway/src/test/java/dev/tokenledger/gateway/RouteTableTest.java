package dev.tokenledger.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {

  @ParameterizedTest
  @CsvSource({
    "/v1/events, INGEST",
    "/v1/traces, INGEST",
    "/v1/keys/tl_1, INGEST",
    "/v1/prices/lookup, INGEST",
    "/api/public/otel/v1/traces, INGEST",
    "/v1/ledger/reconciliation, AGGREGATION",
    "/v1/budgets, ALERTING",
    "/v1/budgets/authorize, ALERTING",
    "/v1/alerts/channels/7/test, ALERTING",
    "/v1/analytics/overview, REPORTING",
    "/, REPORTING",
    "/ui/app.js, REPORTING",
    "/help/, REPORTING",
    "/api-docs/, REPORTING",
  })
  void aPrefixStandsForItselfAndForWhatIsBelow(String path, Service service) {
    assertThat(RouteTable.serviceOf(path)).contains(service);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/eventsource", "/v1/budgets2", "/v1", "/api/publicity", "/quota"})
  void aPathThatOnlyBeginsLikeAPrefixIsNotCovered(String path) {
    assertThat(RouteTable.serviceOf(path)).contains(Service.REPORTING);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/q", "/q/metrics", "/q/health/ready"})
  void healthAndMetricsOfServicesAreNotForCallers(String path) {
    assertThat(RouteTable.serviceOf(path)).isEmpty();
  }
}
