package dev.tokenledger.model.event;

/**
 * What a call consumed beside tokens. All zero for an ordinary chat call.
 *
 * @param inputMillis milliseconds of audio or video sent
 * @param outputMillis milliseconds of audio or video generated
 * @param inputImages images sent, where the provider bills by image
 * @param outputImages images generated
 * @param inputCharacters characters sent, where the provider bills by character
 * @param searches web searches or similar queries made by the provider on the call's behalf
 */
public record BillableUnits(
    long inputMillis,
    long outputMillis,
    long inputImages,
    long outputImages,
    long inputCharacters,
    long searches) {

  public static final BillableUnits NONE = new BillableUnits(0, 0, 0, 0, 0, 0);

  public BillableUnits {
    if ((inputMillis | outputMillis | inputImages | outputImages | inputCharacters | searches)
        < 0) {
      throw new IllegalArgumentException("units are negative");
    }
  }

  public boolean isNone() {
    return equals(NONE);
  }
}
