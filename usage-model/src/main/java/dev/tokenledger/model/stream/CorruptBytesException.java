package dev.tokenledger.model.stream;

/** Stored or streamed bytes that are not what their format says. */
public final class CorruptBytesException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public CorruptBytesException(String message) {
    super(message);
  }

  public CorruptBytesException(String message, Throwable cause) {
    super(message, cause);
  }
}
