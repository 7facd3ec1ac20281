package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.ingest.event.RejectionCode;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.money.Money;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** What the reporter says a call cost, in US dollars. */
final class ReportedCost {
  private static final BigDecimal MAX_USD = ModelCall.MAX_COST.toBigDecimal();

  private static final String LANGFUSE = "langfuse.observation.cost_details";

  private static final String[] NAMES = {
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "gen_ai.cost.total_cost",
    "llm.cost.total",
    "operation.cost",
    "cost_usd"
  };

  private ReportedCost() {}

  static @Nullable Money read(Attributes attributes) throws Refusal {
    String details = attributes.text(LANGFUSE);
    if (details != null) {
      BigDecimal declared = langfuse(details);
      if (declared != null) {
        return money(LANGFUSE, declared);
      }
    }
    for (String name : NAMES) {
      if (attributes.has(name)) {
        BigDecimal cost = attributes.number(name);
        if (cost == null) {
          throw notANumber(name);
        }
        return money(name, cost);
      }
    }
    return null;
  }

  /** The total, or else the sum of what is there; null for an empty object. */
  private static @Nullable BigDecimal langfuse(String details) throws Refusal {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(details);
    } catch (JsonProcessingException e) {
      throw notANumber(LANGFUSE);
    }
    BigDecimal sum = null;
    for (var entry : node.properties()) {
      JsonNode value = entry.getValue();
      if (value.isNull()) {
        continue;
      }
      if (!value.isNumber()) {
        throw notANumber(LANGFUSE);
      }
      BigDecimal amount = value.decimalValue();
      if (entry.getKey().equals("total")) {
        return amount;
      }
      money(LANGFUSE, amount);
      sum = sum == null ? amount : sum.add(amount);
    }
    return sum;
  }

  private static Money money(String name, BigDecimal usd) throws Refusal {
    if (usd.signum() < 0) {
      throw new Refusal(
          RejectionCode.NEGATIVE_VALUE, name + " is negative; send a cost of zero or more.");
    }
    if (usd.compareTo(MAX_USD) > 0) {
      throw new Refusal(
          RejectionCode.VALUE_TOO_LARGE,
          name + " is beyond " + MAX_USD.toBigInteger() + " USD for one call.");
    }
    return Money.ofUsd(usd);
  }

  private static Refusal notANumber(String name) {
    return new Refusal(RejectionCode.WRONG_TYPE, name + " is no number; send US dollars.");
  }
}
