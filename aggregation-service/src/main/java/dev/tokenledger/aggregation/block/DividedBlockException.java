package dev.tokenledger.aggregation.block;

import java.util.UUID;

/** A block that is settled in parts was to be settled as a whole. */
public final class DividedBlockException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  DividedBlockException(UUID block) {
    super("block " + block + " is settled in parts");
  }
}
