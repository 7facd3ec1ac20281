package dev.tokenledger.platform.lifecycle;

/** What a service needs to start is still being made by another one, as on every first start. */
public final class NotYetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param waitsFor what it needs: {@code "the tables of the ledger, which the aggregation makes"}
   */
  public NotYetException(String waitsFor) {
    super(waitsFor);
  }
}
