package dev.tokenledger.standalone;

import java.io.IOException;

/** A store that runs as a child process. Calls come from one thread at a time. */
interface EmbeddedStore {
  String name();

  void start() throws IOException;

  /** Whether the process runs. */
  boolean isAlive();

  /**
   * Asks the store for an answer, which takes seconds at most. One that says that it is busy, or
   * that it reads its files and goes on doing so, has answered.
   */
  boolean answers();

  /** Stops the process after what it has taken; does nothing when it does not run. */
  void stop();
}
