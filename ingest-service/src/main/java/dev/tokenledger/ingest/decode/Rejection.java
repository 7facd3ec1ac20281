package dev.tokenledger.ingest.decode;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why one item of a request was refused. The others are not touched by it.
 *
 * @param index position of the item in the request, from 0
 * @param id the item's identifier where it could be read
 * @param code the stable code of the reason
 * @param message a sentence that says what was wrong and what to change; never holds prompt text or
 *     credentials
 */
public record Rejection(int index, @Nullable String id, RejectionCode code, String message) {
  public Rejection {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
  }
}
