package dev.tokenledger.ingest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.airlift.compress.zstd.ZstdOutputStream;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {
  private static final byte[] SKIPPABLE = {0x55, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};
  private static final byte[] EMPTY_FRAME = {
    0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 0, 1, 0, 0
  };

  private final ByteBudget budget = new ByteBudget(280L << 20);
  private final BodyReader reader =
      new BodyReader(
          new SmallRyeConfigBuilder()
              .withMapping(IngestConfig.class)
              .withConverter(Duration.class, 200, new DurationConverter())
              .build()
              .getConfigMapping(IngestConfig.class),
          budget);

  @Test
  void aMemberOfAGzipBodyThatComesLaterIsNotDropped() throws IOException {
    // Each part is read by itself, as the network may deliver it.
    InputStream body =
        new SequenceInputStream(
            new ByteArrayInputStream(gzip("one ")), new ByteArrayInputStream(gzip("two")));
    assertThat(text(reader.read(body, "gzip", -1))).isEqualTo("one two");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 16_383, 16_384, 16_385, 70_000, 1_048_576, 1_048_577, 5_000_000})
  void aBodyOfAnyLengthIsReadAsItIsHoweverItCameAndAsOftenAsAsked(int length) throws IOException {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    byte[] gzip = compressed(bytes, GZIPOutputStream::new);
    byte[] zstd = compressed(bytes, ZstdOutputStream::new);
    for (int announced : new int[] {length, -1}) {
      for (int i = 0; i < 2; i++) {
        try (Body body = reader.read(new ByteArrayInputStream(bytes), null, announced)) {
          assertThat(body.open().readAllBytes()).isEqualTo(bytes);
          assertThat(body.open().readAllBytes()).isEqualTo(bytes);
        }
      }
    }
    for (String encoding : new String[] {"gzip", "zstd"}) {
      byte[] sent = encoding.equals("gzip") ? gzip : zstd;
      try (Body body = reader.read(new ByteArrayInputStream(sent), encoding, -1)) {
        assertThat(body.open().readAllBytes()).isEqualTo(bytes);
        assertThat(body.open().readAllBytes()).isEqualTo(bytes);
      }
    }
    assertNothingLeased();
  }

  @Test
  void gzipWithANameACommentAndPaddingIsRead() {
    byte[] plain = gzip("text");
    ByteArrayOutputStream named = new ByteArrayOutputStream();
    named.write(plain, 0, 3);
    named.write(4 | 8 | 16 | 2);
    named.write(plain, 4, 6);
    named.writeBytes(new byte[] {2, 0, 'x', 'y'});
    named.writeBytes("a name\0a comment\0".getBytes(StandardCharsets.ISO_8859_1));
    named.writeBytes(new byte[] {1, 2});
    named.write(plain, 10, plain.length - 10);
    named.writeBytes(new byte[40_000]);
    assertThat(text(read(named.toByteArray(), "gzip"))).isEqualTo("text");
  }

  @Test
  @Timeout(20)
  void gzipMembersWithoutEndAreRefusedAndNotRecursedInto() {
    assertMalformed(repeat(gzip(""), 700_000), "gzip");
    assertThat(text(read(repeat(gzip(""), 10_000), "gzip"))).isEmpty();
  }

  @Test
  void gzipThatIsCutAnywhereOrFollowedByGarbageIsMalformed() {
    byte[] whole = join(gzip("one "), gzip("two ".repeat(100)));
    int second = gzip("one ").length;
    for (int length = 0; length < whole.length; length++) {
      if (length != second) {
        assertMalformed(Arrays.copyOf(whole, length), "gzip");
      }
    }
    assertMalformed(join(whole, new byte[] {1}), "gzip");
    assertMalformed(join(whole, new byte[] {0, 0, 0, 5}), "gzip");
    assertMalformed(join(whole, "more".getBytes(StandardCharsets.UTF_8)), "gzip");
    assertMalformed("no gzip at all".getBytes(StandardCharsets.UTF_8), "gzip");
  }

  @Test
  void aBitThatFlipsInGzipOrZstdIsMalformedOrHarmless() {
    for (String encoding : new String[] {"gzip", "zstd"}) {
      byte[] whole =
          compressed(
              "some text, some more text, some text again"
                  .repeat(20)
                  .getBytes(StandardCharsets.UTF_8),
              encoding.equals("gzip") ? GZIPOutputStream::new : ZstdOutputStream::new);
      for (int i = 0; i < whole.length * 8; i++) {
        byte[] flipped = whole.clone();
        flipped[i / 8] ^= (byte) (1 << i % 8);
        try (Body body = read(flipped, encoding)) {
          body.open().readAllBytes();
        } catch (ProblemException e) {
          assertThat(e.code()).isEqualTo(ProblemCode.MALFORMED_BODY);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    assertNothingLeased();
  }

  @Test
  void zstdMayHaveSeveralFramesAndSkippableOnesAmongThem() {
    byte[] one = compressed("one ".getBytes(StandardCharsets.UTF_8), ZstdOutputStream::new);
    byte[] two = compressed("two".getBytes(StandardCharsets.UTF_8), ZstdOutputStream::new);
    assertThat(text(read(join(SKIPPABLE, one, SKIPPABLE, EMPTY_FRAME, two, SKIPPABLE), "zstd")))
        .isEqualTo("one two");
    assertThat(text(read(SKIPPABLE, "zstd"))).isEmpty();
  }

  @Test
  @Timeout(20)
  void zstdThatIsCutFollowedByGarbageOrOfFramesWithoutEndIsMalformed() {
    byte[] whole =
        join(
            SKIPPABLE,
            compressed("two ".repeat(90).getBytes(StandardCharsets.UTF_8), ZstdOutputStream::new));
    for (int length = 0; length < whole.length; length++) {
      if (length != SKIPPABLE.length) {
        assertMalformed(Arrays.copyOf(whole, length), "zstd");
      }
    }
    assertMalformed(join(whole, new byte[] {9}), "zstd");
    assertMalformed(repeat(EMPTY_FRAME, 700_000), "zstd");
    assertMalformed(repeat(SKIPPABLE, 700_000), "zstd");
    // A frame that asks for a window of 64 MiB.
    assertMalformed(
        new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) (16 << 3), 1, 0, 0}, "zstd");
  }

  @Test
  void whatInflatesBeyondTheBoundIsNotHeldAndRefused() throws IOException {
    for (byte[] bomb : new byte[][] {zstdOf(130 << 20), gzipOf(130 << 20)}) {
      String encoding = bomb[0] == 0x28 ? "zstd" : "gzip";
      try (Body body = read(bomb, encoding);
          Body.Source source = body.open()) {
        ProblemException refused =
            catchThrowableOfType(
                ProblemException.class, () -> source.transferTo(OutputStream.nullOutputStream()));
        assertThat(refused.code()).isEqualTo(ProblemCode.DECOMPRESSED_TOO_LARGE);
        assertThat(leased()).isLessThan(2 << 20);
      }
    }
    assertNothingLeased();
  }

  @Test
  void whatIsLongerThanABodyMayBeIsNotRead() {
    assertThatThrownBy(() -> reader.read(InputStream.nullInputStream(), null, 17 << 20))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.BODY_TOO_LARGE));
    byte[] bytes = new byte[(16 << 20) + 1];
    assertThatThrownBy(() -> reader.read(new ByteArrayInputStream(bytes), null, -1))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.BODY_TOO_LARGE));
    assertNothingLeased();
  }

  @Test
  void aBodyForWhichThereIsNoRoomIsToldToComeAgain() {
    byte[] bytes = new byte[14 << 20];
    try (Body first = reader.read(new ByteArrayInputStream(bytes), null, bytes.length);
        Body second = reader.read(new ByteArrayInputStream(bytes), null, bytes.length)) {
      assertThatThrownBy(() -> reader.read(new ByteArrayInputStream(bytes), null, bytes.length))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ProblemCode.BUSY);
                assertThat(e.retryAfter()).isNotNull();
              });
      assertThat(first).isNotSameAs(second);
    }
    assertNothingLeased();
  }

  @Test
  void aTextThatIsHeldIsPaidForAndOneThatIsPassedOverIsNot() throws IOException {
    byte[] bytes = gzipOf(20 << 20);
    try (Body body = read(bytes, "gzip");
        Body.Source source = body.open()) {
      long before = leased();
      source.readNBytes(10 << 20);
      assertThat(leased()).isEqualTo(before);
      source.hold();
      source.readNBytes(8 << 20);
      source.release();
      assertThat(leased()).isGreaterThan(before + (16 << 20));
    }
    assertNothingLeased();
  }

  private Body read(byte[] body, String encoding) {
    return reader.read(new ByteArrayInputStream(body), encoding, body.length);
  }

  private void assertMalformed(byte[] body, String encoding) {
    assertThatThrownBy(
            () -> {
              try (Body read = read(body, encoding)) {
                read.open().readAllBytes();
              }
            })
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.MALFORMED_BODY));
    assertNothingLeased();
  }

  private long leased() {
    try (ByteBudget.Lease rest = budget.lease(ByteBudget.Use.INGEST)) {
      long free = 0;
      for (long step = 1L << 40; step >= 1024; step /= 2) {
        if (free + step <= budget.capacity(ByteBudget.Use.INGEST) && rest.tryRequire(free + step)) {
          free += step;
        }
      }
      return budget.capacity(ByteBudget.Use.INGEST) - free;
    }
  }

  private void assertNothingLeased() {
    assertThat(leased()).isZero();
  }

  private static String text(Body body) {
    try (body) {
      return new String(body.open().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Compression {
    OutputStream over(OutputStream out) throws IOException;
  }

  private static byte[] compressed(byte[] plain, Compression compression) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compression.over(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(String text) {
    return compressed(text.getBytes(StandardCharsets.UTF_8), GZIPOutputStream::new);
  }

  private static byte[] gzipOf(int length) {
    return compressed(new byte[length], GZIPOutputStream::new);
  }

  /** A frame of nothing but repeated bytes: four bytes for each 128 KiB. */
  private static byte[] zstdOf(int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, 0x48});
    for (int left = length; left > 0; left -= 1 << 17) {
      int header = (1 << 17) << 3 | 2 | (left <= 1 << 17 ? 1 : 0);
      out.writeBytes(new byte[] {(byte) header, (byte) (header >> 8), (byte) (header >> 16), ' '});
    }
    return out.toByteArray();
  }

  private static byte[] repeat(byte[] part, int times) {
    byte[] all = new byte[part.length * times];
    for (int i = 0; i < times; i++) {
      System.arraycopy(part, 0, all, i * part.length, part.length);
    }
    return all;
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
