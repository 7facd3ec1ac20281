package dev.tokenledger.ingest.decode;

import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.UsageEvent;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an event costs in memory until its request has an answer: itself, the copies that masking
 * and pricing make of it, and its place in the block that is written. An estimate on the safe side.
 */
public final class Footprint {
  private static final int EVENT = 1_200;
  private static final int ENTRY = 140;

  /** Of an item that was refused: its rejection and the answer about it. */
  public static final int REJECTION = 600;

  private Footprint() {}

  /** The estimate in bytes. */
  public static long of(UsageEvent event) {
    EventHeader header = event.header();
    return EVENT
        + 2L * length(header.id())
        + 2L * length(header.user())
        + 2L * length(header.session())
        + of(header.tags())
        + of(header.attributes());
  }

  private static long of(Map<String, String> values) {
    long bytes = 0;
    for (Map.Entry<String, String> entry : values.entrySet()) {
      bytes += ENTRY + 2L * (entry.getKey().length() + entry.getValue().length());
    }
    return bytes;
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }
}
