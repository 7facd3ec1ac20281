package dev.tokenledger.standalone;

import java.io.IOException;

/** A store that runs as a child process. Calls come from one thread at a time. */
interface EmbeddedStore {
  String name();

  void start() throws IOException;

  /** Whether the process runs. */
  boolean isAlive();

  /** Stops the process after what it has taken; does nothing when it does not run. */
  void stop();
}
