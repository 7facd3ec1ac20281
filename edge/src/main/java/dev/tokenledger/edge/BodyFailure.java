package dev.tokenledger.edge;

/** Why a body was not taken. */
public enum BodyFailure {
  /** It is larger than its endpoint reads. */
  TOO_LARGE,
  /** It came too slowly. */
  TOO_SLOW,
  /** There was no memory for it, and a moment later neither. */
  NO_MEMORY
}
