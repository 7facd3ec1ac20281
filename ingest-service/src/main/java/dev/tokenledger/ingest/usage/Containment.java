package dev.tokenledger.ingest.usage;

/**
 * Whether a reported part, such as cached tokens, is already held by the total beside it.
 *
 * <p>A provider's own spelling settles it. Attributes of instrumentations only promise it: there
 * the reporter's grand total, or a part larger than its whole, can prove the promise wrong.
 */
public enum Containment {
  INSIDE(false, true),
  OUTSIDE(true, true),
  USUALLY_INSIDE(false, false),
  USUALLY_OUTSIDE(true, false);

  private final boolean outside;
  private final boolean firm;

  Containment(boolean outside, boolean firm) {
    this.outside = outside;
    this.firm = firm;
  }

  boolean isOutside() {
    return outside;
  }

  boolean isFirm() {
    return firm;
  }
}
