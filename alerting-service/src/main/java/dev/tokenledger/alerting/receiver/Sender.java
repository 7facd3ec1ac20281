package dev.tokenledger.alerting.receiver;

/** Brings notifications to receivers of one type. Thread-safe. */
interface Sender {
  /**
   * Makes one attempt, which takes no longer than the configured timeout for one; blocks. Once it
   * returns, nothing is sent any more. Failures are outcomes; what is thrown is a mistake of ours.
   */
  DeliveryOutcome send(Receiver receiver, Message message);
}
