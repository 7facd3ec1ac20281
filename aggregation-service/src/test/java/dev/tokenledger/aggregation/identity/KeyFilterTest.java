package dev.tokenledger.aggregation.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.aggregation.event.EventEncoder;
import org.junit.jupiter.api.Test;

class KeyFilterTest {
  private static final int KEYS = 50_000;

  @Test
  void neverDeniesWhatWasAdded() {
    KeyFilter filter = filled();

    for (int i = 0; i < KEYS; i++) {
      assertThat(filter.mayContain(7, EventEncoder.key("in-" + i))).as("key %d", i).isTrue();
    }
  }

  @Test
  void deniesNearlyAllThatWasNotAdded() {
    KeyFilter filter = filled();

    int alarms = 0;
    for (int i = 0; i < KEYS; i++) {
      alarms += filter.mayContain(7, EventEncoder.key("out-" + i)) ? 1 : 0;
    }
    assertThat(alarms).isLessThan(KEYS / 50);
  }

  @Test
  void deniesTheKeysOfAnotherTenant() {
    KeyFilter filter = filled();

    int alarms = 0;
    for (int i = 0; i < KEYS; i++) {
      alarms += filter.mayContain(8, EventEncoder.key("in-" + i)) ? 1 : 0;
    }
    assertThat(alarms).isLessThan(KEYS / 50);
  }

  @Test
  void isTheSameAfterItWasStored() {
    KeyFilter filter = KeyFilter.of(filled().toBytes());

    for (int i = 0; i < KEYS; i++) {
      assertThat(filter.mayContain(7, EventEncoder.key("in-" + i))).as("key %d", i).isTrue();
    }
    assertThat(filter.toBytes()).isEqualTo(filled().toBytes());
  }

  @Test
  void ofNoKeysDeniesAll() {
    assertThat(KeyFilter.forKeys(0).mayContain(1, EventEncoder.key("x"))).isFalse();
  }

  private static KeyFilter filled() {
    KeyFilter filter = KeyFilter.forKeys(KEYS);
    for (int i = 0; i < KEYS; i++) {
      filter.add(7, EventEncoder.key("in-" + i));
    }
    return filter;
  }
}
