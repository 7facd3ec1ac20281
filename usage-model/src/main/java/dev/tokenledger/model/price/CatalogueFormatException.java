package dev.tokenledger.model.price;

import org.jspecify.annotations.Nullable;

/** A text is not a catalogue; the message names the line. */
public final class CatalogueFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  CatalogueFormatException(int line, String what, @Nullable Throwable cause) {
    super("price catalogue, line " + line + ": " + what, cause);
  }
}
