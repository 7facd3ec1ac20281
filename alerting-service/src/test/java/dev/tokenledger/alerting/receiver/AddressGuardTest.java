package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433"
      })
  void addressesThatAreNotPublicAreRefused(String host) {
    assertThat(new AddressGuard(false).refusal(host)).as(host).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "93.184.216.34", "[2606:4700:4700::1111]"})
  void publicAddressesAreNot(String host) {
    assertThat(new AddressGuard(false).refusal(host)).as(host).isEmpty();
  }

  @Test
  void privateAddressesAreAllowedWhereTheConfigurationSaysSo() {
    assertThat(new AddressGuard(true).refusal("127.0.0.1")).isEmpty();
  }

  @Test
  void aNameThatDoesNotResolveIsRefused() {
    assertThat(new AddressGuard(true).refusal("no-such-host.invalid")).isPresent();
  }
}
