package dev.tokenledger.ingest.usage;

import dev.tokenledger.ingest.decode.RejectionCode;

/** A count that cannot be meant. The message names the field and says what it should have been. */
public final class BadUsageException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectionCode code;

  public BadUsageException(RejectionCode code, String message) {
    // Ends one item of a batch: the trace would cost more than the item.
    super(message, null, false, false);
    this.code = code;
  }

  public RejectionCode code() {
    return code;
  }
}
