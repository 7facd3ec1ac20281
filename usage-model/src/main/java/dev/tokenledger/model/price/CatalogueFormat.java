package dev.tokenledger.model.price;

/**
 * The compact text form of a catalogue, one price a line:
 *
 * <pre>
 * !format   1
 * !source   builtin
 * !learned  2026-07-24
 * !notice   …
 * openai    gpt-4o   -   2026-01-13   input=2.5 output=10 cached_input=1.25 input@batch=1.25
 * </pre>
 *
 * Columns are separated by one tab: provider, model, first day, first day after (UTC; {@code -} for
 * open), unit prices. A unit price is {@code kind[>input tokens][@tier]=dollars}, per million for
 * tokens and characters, else for one. {@code #} starts a comment line.
 */
final class CatalogueFormat {
  static final String FORMAT = "!format";
  static final String SOURCE = "!source";
  static final String LEARNED = "!learned";
  static final String NOTICE = "!notice";
  static final String VERSION = "1";
  static final String OPEN = "-";
  static final int COLUMNS = 5;

  private CatalogueFormat() {}
}
