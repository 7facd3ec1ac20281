package dev.tokenledger.model.event;

import java.util.Locale;

/** How a model call, run or step ended. {@link #ordinal()} is never stored; {@link #label()} is. */
public enum CallStatus {
  SUCCESS,
  FAILURE,
  TIMEOUT,
  CANCELLED;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** True for what counts as an error. Cancelled by the caller is not one. */
  public boolean isError() {
    return this == FAILURE || this == TIMEOUT;
  }
}
