package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.money.Money;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the reporter says a call cost, in US dollars. It stands beside our own cost, so one that
 * cannot be meant is left out and said to be, and the call is counted all the same.
 *
 * @param money null when nothing was reported, or nothing that can be meant
 * @param leftOut true when something was reported that is no cost: no number, below zero or beyond
 *     {@link ModelCall#MAX_COST}
 */
record ReportedCost(@Nullable Money money, boolean leftOut) {
  private static final BigDecimal MAX_USD = ModelCall.MAX_COST.toBigDecimal();

  private static final String LANGFUSE = "langfuse.observation.cost_details";

  private static final ReportedCost NONE = new ReportedCost(null, false);
  private static final ReportedCost LEFT_OUT = new ReportedCost(null, true);

  static ReportedCost read(Attributes attributes) {
    String details = attributes.text(LANGFUSE);
    if (details != null && !details.strip().equals("null")) {
      ReportedCost declared = langfuse(details);
      if (declared != NONE) {
        return declared;
      }
    }
    String name = attributes.firstOf(AttributeNames.COST);
    return name == null ? NONE : of(attributes.number(name));
  }

  /** The total, or else the sum of what is there; none for an empty object. */
  private static ReportedCost langfuse(String details) {
    JsonNode node = Json.object(details);
    if (!node.isObject()) {
      return LEFT_OUT;
    }
    if (node.path("total").isNumber()) {
      return of(node.path("total").decimalValue());
    }
    BigDecimal sum = null;
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      JsonNode value = entry.getValue();
      if (value.isNull()) {
        continue;
      }
      ReportedCost amount = of(value.isNumber() ? value.decimalValue() : null);
      if (amount.money == null) {
        return LEFT_OUT;
      }
      sum = sum == null ? value.decimalValue() : sum.add(value.decimalValue());
    }
    return sum == null ? NONE : of(sum);
  }

  private static ReportedCost of(@Nullable BigDecimal usd) {
    return usd == null || usd.signum() < 0 || usd.compareTo(MAX_USD) > 0
        ? LEFT_OUT
        : new ReportedCost(Money.ofUsd(usd), false);
  }
}
