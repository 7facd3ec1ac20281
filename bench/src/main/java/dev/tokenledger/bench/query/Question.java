package dev.tokenledger.bench.query;

import java.util.List;

/**
 * A question of a dashboard, as the API takes it and as SQL over the raw events.
 *
 * @param body of {@code POST /v1/analytics/query} without its period; empty for the overview
 * @param sql with the tenant, the start and the end as parameters
 */
record Question(String name, String body, String sql) {
  private static final String FROM =
      " FROM ledger.events WHERE tenant_id = ? AND counted AND time >= ? AND time < ?";
  private static final String P95 =
      "percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_sum_us) FILTER (WHERE latency_count > 0)";

  boolean isOverview() {
    return body.isEmpty();
  }

  /** What a dashboard shows. */
  static final List<Question> DASHBOARD =
      List.of(
          new Question(
              "overview",
              "",
              "SELECT sum(model_calls), sum(agent_runs), sum(errors), sum(input_tokens),"
                  + " sum(output_tokens), sum(cached_input_tokens), sum(cost_nanos),"
                  + " sum(latency_sum_us) / sum(latency_count), "
                  + P95
                  + ", count(DISTINCT agent), count(DISTINCT \"user\")"
                  + FROM),
          by("calls and cost by day", "model_calls,cost_usd", "", "day", ""),
          by("cost by model", "model_calls,cost_usd", "model", "none", "cost_usd"),
          by("cost by agent", "model_calls,cost_usd", "agent", "none", "cost_usd"),
          by("cost by feature", "model_calls,cost_usd", "feature", "none", "cost_usd"),
          by("cost by model and day", "cost_usd", "model", "day", ""),
          by("cost by agent and model", "cost_usd", "agent,model", "none", "cost_usd"),
          by("tokens by feature and day", "input_tokens,output_tokens", "feature", "day", ""),
          by("errors by model", "model_calls,errors", "model", "none", "errors"),
          by("p95 latency by model", "latency_ms.p95", "model", "none", "latency_ms.p95"),
          by("p95 latency by day", "latency_ms.p95", "", "day", ""),
          by("active users by day", "active_users", "", "day", ""),
          by("cost by user", "cost_usd", "user", "none", "cost_usd"));

  private static Question by(
      String name, String measures, String dimensions, String granularity, String orderBy) {
    List<String> measureList = List.of(measures.split(","));
    List<String> dimensionList = dimensions.isEmpty() ? List.of() : List.of(dimensions.split(","));
    StringBuilder body = new StringBuilder("\"measures\":").append(json(measureList));
    body.append(",\"dimensions\":").append(json(dimensionList));
    body.append(",\"granularity\":\"").append(granularity).append('"');
    if (!orderBy.isEmpty()) {
      body.append(",\"order_by\":\"-").append(orderBy).append("\",\"limit\":10");
    }
    StringBuilder columns = new StringBuilder();
    StringBuilder groups = new StringBuilder();
    if (granularity.equals("day")) {
      group(columns, groups, "date_trunc('day', time)");
    }
    dimensionList.forEach(dimension -> group(columns, groups, '"' + dimension + '"'));
    measureList.forEach(
        measure -> columns.append(columns.isEmpty() ? "" : ", ").append(sql(measure)));
    String sql = "SELECT " + columns + FROM + " GROUP BY " + groups;
    return new Question(
        name,
        body.toString(),
        orderBy.isEmpty()
            ? sql
            : sql + " ORDER BY " + (dimensionList.size() + 1) + " DESC LIMIT 10");
  }

  private static void group(StringBuilder columns, StringBuilder groups, String expression) {
    columns.append(columns.isEmpty() ? "" : ", ").append(expression);
    groups.append(groups.isEmpty() ? "" : ", ").append(expression);
  }

  private static String sql(String measure) {
    return switch (measure) {
      case "cost_usd" -> "sum(cost_nanos)";
      case "latency_ms.p95" -> P95;
      case "active_users" -> "count(DISTINCT \"user\")";
      default -> "sum(" + measure + ")";
    };
  }

  private static String json(List<String> names) {
    return names.isEmpty() ? "[]" : "[\"" + String.join("\",\"", names) + "\"]";
  }
}
