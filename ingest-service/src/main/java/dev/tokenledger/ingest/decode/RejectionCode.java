package dev.tokenledger.ingest.decode;

import java.util.Locale;

/**
 * The reasons for which an event is refused. The label is part of the public API: constants are
 * added, never renamed.
 */
public enum RejectionCode {
  /** The item is not a JSON object, or not readable at all. */
  MALFORMED_EVENT,
  /** A required field is missing. */
  MISSING_FIELD,
  /** A field has another JSON type than it must have, or text that cannot be read as its type. */
  WRONG_TYPE,
  /** {@code type} is none of the known kinds of event. */
  UNKNOWN_TYPE,
  /** A field has a value outside its set, such as an unknown status. */
  INVALID_VALUE,
  /** A token count, duration or cost below zero. */
  NEGATIVE_VALUE,
  /** A number beyond anything that can be meant. */
  VALUE_TOO_LARGE,
  /** Text longer than its bound. */
  VALUE_TOO_LONG,
  /** The time is not readable. */
  INVALID_TIME,
  /** The event started before the admission window. */
  TIME_TOO_OLD,
  /** The event starts too far in the future. */
  TIME_IN_FUTURE,
  /** A trace or span identifier is not valid, such as all zeros. */
  INVALID_TRACE_ID,
  /** The same id occurs earlier in the same request; the first one counts. */
  DUPLICATE_ID,
  /** Text that is not valid UTF-8. */
  INVALID_UTF8,
  /** A value that could not be worked with, which is a defect of ours; the service logs it. */
  UNREADABLE;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
