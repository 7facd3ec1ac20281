package dev.tokenledger.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Bodies that no sender means, from a seed, and what must hold of each: a problem that is the
 * caller's, or each item either taken or rejected. What is taken can be priced and written.
 */
public final class Fuzz {
  /** Values that have broken something somewhere; as JSON. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-0",
          "-1",
          "1e999999999",
          "0e999999999",
          "1e-999999999",
          "0e-2147483648",
          "1e2147483648",
          "1E400",
          "12345678901234567890123",
          "0.1",
          "-1e-400",
          "9223372036854775807",
          "9223372036854775808",
          "\"\"",
          "\" \"",
          "\"NaN\"",
          "\"Infinity\"",
          "\"-Infinity\"",
          "\"1e999999999\"",
          "\"0e999999999\"",
          "\"1e-999999999\"",
          "\"1e2147483648\"",
          "\"0x10\"",
          "\"a\\u0000b\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"a\\udc00\\ud800\"",
          "\"\\ufffd\"",
          "\"2600-01-01T00:00:00Z\"",
          "\"+1000000000-12-31T23:59:59.999999999Z\"",
          "\"-1000000000-01-01T00:00:00Z\"",
          "\"2026-12-31T23:59:60Z\"",
          "\"a@b.cd\"",
          "[]",
          "{}",
          "[[]]",
          "[1,\"x\",{},[]]",
          "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}}",
          "{\"total\":1e999}",
          "\"{\\\"total\\\":1e999}\"",
          "\"{\\\"input\\\":1e999999999,\\\"output\\\":{}}\"",
          "\"{\\\"a\\\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}\"");

  private static final PriceBook PRICES = PriceBook.of(Catalogue.builtIn().prices());

  private final Random random;

  public Fuzz(long seed) {
    random = new Random(seed);
  }

  /** Any of the values, now and then a long one. */
  public String value() {
    int choice = random.nextInt(VALUES.size() + 3);
    return choice < VALUES.size()
        ? VALUES.get(choice)
        : choice == VALUES.size()
            ? '"' + "x".repeat(random.nextInt(20_000)) + '"'
            : choice == VALUES.size() + 1
                ? "7".repeat(1 + random.nextInt(3_000))
                : "\"" + "a@".repeat(random.nextInt(500)) + "b.cd\"";
  }

  public <T> T any(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** The body with some of its bytes changed, cut, doubled or put in. */
  public byte[] mutated(byte[] body) {
    byte[] bytes = body.clone();
    for (int i = random.nextInt(4); i >= 0 && bytes.length > 2; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 ->
            bytes = join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at / 2, bytes.length));
        default -> {
          byte[] value = value().getBytes(StandardCharsets.UTF_8);
          bytes =
              join(
                  join(Arrays.copyOf(bytes, at), value),
                  Arrays.copyOfRange(bytes, at, bytes.length));
        }
      }
    }
    return bytes;
  }

  private static byte[] join(byte[] one, byte[] two) {
    byte[] both = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, both, one.length, two.length);
    return both;
  }

  /** Checks what must hold, and gives what was read; null when the body was refused. */
  public static Decoded check(byte[] body, Function<byte[], Decoded> decoder) {
    Decoded decoded;
    try {
      decoded = decoder.apply(body);
    } catch (ProblemException e) {
      assertThat(e.code().kind()).isEqualTo(ProblemCode.Kind.CALLER);
      return null;
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError(new String(body, StandardCharsets.UTF_8), e);
    }
    Set<Integer> rejected = new HashSet<>();
    for (Rejection rejection : decoded.rejected()) {
      assertThat(rejected.add(rejection.index())).as("one rejection an item").isTrue();
      assertThat(rejection.index()).isBetween(0, decoded.items() - 1);
      assertThat(rejection.code().label()).as("%s", rejection).isNotEqualTo("unreadable");
    }
    List<UsageEvent> events = new ArrayList<>();
    for (Decoded.Draft draft : decoded.events()) {
      assertThat(rejected).doesNotContain(draft.index());
      events.add(
          draft.event() instanceof ModelCall call
              ? call.withPricing(PRICES.price(1, call))
              : draft.event());
    }
    AdmittedBatch batch =
        new AdmittedBatch(
            1, "p", "fuzz", null, 1, decoded.items(), Map.of(), events, decoded.links());
    byte[] block = BlockCodec.encode(new Block(new UUID(1, 2), 3, 4, List.of(batch)));
    assertThat(BlockCodec.decode(block).batches().get(0).events()).hasSameSizeAs(events);
    return decoded;
  }
}
