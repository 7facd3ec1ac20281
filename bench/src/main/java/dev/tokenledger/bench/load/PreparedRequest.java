package dev.tokenledger.bench.load;

/** A request that was made once, of which each copy is another. */
interface PreparedRequest {
  int events();

  /** Bytes of header and body. */
  int length();

  /**
   * Writes the request into a buffer.
   *
   * @param run in the upper bits of all numbers of one run
   * @param firstId the number of the first event; the others follow
   * @param firstSession added to the sessions' numbers
   * @param timeMillis when the last event started, since the epoch; others up to a second before
   */
  void write(byte[] buffer, long run, long firstId, long firstSession, long timeMillis);
}
