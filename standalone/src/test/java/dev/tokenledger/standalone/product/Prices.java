package dev.tokenledger.standalone.product;

import java.math.BigDecimal;
import java.util.List;

/**
 * Dollars a token as the providers publish them, written down here so that no test asks the product
 * what the right answer is.
 */
record Prices(
    String provider, String model, BigDecimal input, BigDecimal output, BigDecimal cachedInput) {

  static final List<Prices> PUBLISHED =
      List.of(
          of("openai", "gpt-4o", "0.0000025", "0.00001", "0.00000125"),
          of("openai", "gpt-4o-mini", "0.00000015", "0.0000006", "0.000000075"),
          of("openai", "o3-mini", "0.0000011", "0.0000044", "0.00000055"),
          of("anthropic", "claude-3-5-haiku-20241022", "0.0000008", "0.000004", "0.00000008"));

  private static Prices of(
      String provider, String model, String input, String output, String cachedInput) {
    return new Prices(
        provider,
        model,
        new BigDecimal(input),
        new BigDecimal(output),
        new BigDecimal(cachedInput));
  }

  /** The list as rows of a SQL {@code VALUES}: position, model, and nano-dollars a token. */
  static String asValues() {
    StringBuilder values = new StringBuilder();
    for (int i = 0; i < PUBLISHED.size(); i++) {
      Prices p = PUBLISHED.get(i);
      values
          .append(i == 0 ? "" : ", ")
          .append("(")
          .append(i)
          .append(", '")
          .append(p.model)
          .append("', ")
          .append(nanos(p.input))
          .append(", ")
          .append(nanos(p.output))
          .append(", ")
          .append(nanos(p.cachedInput))
          .append(")");
    }
    return values.toString();
  }

  private static String nanos(BigDecimal dollars) {
    return dollars.movePointRight(9).setScale(3).toPlainString() + "::DECIMAL(18,3)";
  }
}
