package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.decode.RejectionCode;

/** Ends the reading of one span; the others are not touched by it. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectionCode code;

  Refusal(RejectionCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  RejectionCode code() {
    return code;
  }
}
