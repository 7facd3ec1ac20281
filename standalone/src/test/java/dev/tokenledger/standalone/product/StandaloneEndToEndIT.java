package dev.tokenledger.standalone.product;

/** In one process, with its own Postgres and Redis. */
class StandaloneEndToEndIT extends EndToEnd<TokenLedgerProcess> {
  StandaloneEndToEndIT() throws Exception {
    super(TokenLedgerProcess.start("end-to-end"));
  }
}
