package dev.tokenledger.alerting.explanation;

/**
 * What a measure is computed of.
 *
 * @param part the sum, or of a rate or mean what is above the line, in the ledger's own units
 * @param whole of a rate or mean what is below the line; else 0
 */
record Figure(long part, long whole) {
  static final Figure ZERO = new Figure(0, 0);

  Figure plus(Figure other) {
    return new Figure(Math.addExact(part, other.part), Math.addExact(whole, other.whole));
  }
}
