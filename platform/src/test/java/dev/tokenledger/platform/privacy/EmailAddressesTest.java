package dev.tokenledger.platform.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmailAddressesTest {
  private static final Pattern EMAIL =
      Pattern.compile("[A-Za-z0-9._%+\\-]{1,64}@[A-Za-z0-9.\\-]{1,190}\\.[A-Za-z]{2,24}");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "@",
        "a@b.cd",
        "write to ann@example.org, or to bob+x@mail.example.co.uk.",
        "a@b.c",
        "a@.bc",
        "a@b..cd",
        "a@b.cd@e.fg",
        "a@b@c.de",
        "ä@b.cd",
        "x\u00e4y@b.cd",
        "a@b.cd1",
        "a@b.c-d.ef-gh"
      })
  void whatThePatternFindsIsReplaced(String text) {
    assertSame(text);
  }

  @Test
  void anyTextHasTheMatchesThatThePatternFinds() {
    Random random = new Random(7);
    String letters = "ab1.@.@-_ ä";
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(24);
      for (int j = 0; j < length; j++) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      assertSame(text.toString());
    }
  }

  @Test
  void theBoundsOfEachPartAreThoseOfThePattern() {
    for (int local : new int[] {1, 63, 64, 65, 130}) {
      for (int domain : new int[] {1, 189, 190, 191, 400}) {
        for (int top : new int[] {1, 2, 23, 24, 25, 60}) {
          String address = "l".repeat(local) + '@' + "d".repeat(domain) + '.' + "t".repeat(top);
          assertSame(address);
          assertSame("x@y." + address + "@z.com " + address);
          assertSame("l@" + "d.".repeat(domain) + "t".repeat(top));
        }
      }
    }
  }

  @Test
  void textThatIsAlmostAnAddressTakesNoLonger() {
    for (String almost : new String[] {"a".repeat(64) + '@', "a@", "a.", "a@" + "b.".repeat(95)}) {
      String text = almost.repeat(4_000_000 / almost.length()) + '@';
      long start = System.nanoTime();
      EmailAddresses.replace(text, address -> "");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }
  }

  private static void assertSame(String text) {
    assertThat(EmailAddresses.replace(text, String::toUpperCase)).isEqualTo(expected(text));
  }

  private static String expected(String text) {
    return EMAIL.matcher(text).replaceAll(match -> match.group().toUpperCase());
  }
}
