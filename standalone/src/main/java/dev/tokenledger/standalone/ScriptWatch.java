package dev.tokenledger.standalone;

import java.util.concurrent.TimeUnit;

/**
 * Ends this process when the script that started it is gone. Who kills the script means
 * TokenLedger, which must then neither go on nor keep the data directory from the next one.
 */
final class ScriptWatch {
  /** The process id of the script; not set where the application is started without it. */
  static final String LAUNCHER = "tokenledger.launcher";

  private static final long LOOK_EVERY_MILLIS = 100;

  /** As of a process that was killed. */
  private static final int KILLED = 137;

  private ScriptWatch() {}

  static void begin() {
    Long launcher = Long.getLong(LAUNCHER);
    if (launcher == null) {
      return;
    }
    Thread thread = new Thread(() -> watch(launcher), "script-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private static void watch(long launcher) {
    try {
      while (ProcessHandle.current().parent().filter(p -> p.pid() == launcher).isPresent()) {
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    Runtime.getRuntime().halt(KILLED);
  }
}
