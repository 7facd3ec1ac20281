package dev.tokenledger.testsupport;

import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/**
 * Programs that the build does not bring along and some tests start. Where they are missing these
 * tests are skipped and say what to install, so that a JDK is enough for all others; with {@code
 * CI=true} they fail, so that nothing is skipped unseen.
 */
public final class NeededProgram {
  private NeededProgram() {}

  /**
   * @param program where it is when its package is installed
   * @param debianPackage what brings it
   * @return the program
   */
  public static Path at(Path program, String debianPackage) {
    if (!Files.isExecutable(program)) {
      throw missing(program, debianPackage);
    }
    return program;
  }

  /** What to throw when nothing below a path will do. */
  public static RuntimeException missing(Path where, String debianPackage) {
    String message =
        "This test needs " + where + ", which is missing: apt-get install " + debianPackage;
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionError(message);
    }
    System.err.println("SKIPPED: " + message);
    return new TestAbortedException(message);
  }
}
