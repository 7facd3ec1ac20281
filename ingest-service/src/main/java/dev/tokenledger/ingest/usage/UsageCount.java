package dev.tokenledger.ingest.usage;

/** The counts that a report of usage may hold, whatever it calls them. */
public enum UsageCount {
  INPUT,
  OUTPUT,
  /** What the reporter says input and output add up to. */
  TOTAL,
  CACHE_READ,
  CACHE_WRITE,
  /** The part of {@link #CACHE_WRITE} that is kept for an hour. */
  CACHE_WRITE_1H,
  REASONING,
  AUDIO_INPUT,
  AUDIO_OUTPUT,
  IMAGE_INPUT,
  IMAGE_OUTPUT
}
