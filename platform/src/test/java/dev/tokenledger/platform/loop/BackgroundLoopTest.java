package dev.tokenledger.platform.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackgroundLoopTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofHours(1);
  private static final ProblemException AWAY =
      new ProblemException(ProblemCode.STORE_UNAVAILABLE, "The database cannot be reached.");

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final List<BackgroundLoop> started = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (BackgroundLoop loop : started) {
      loop.stop();
    }
  }

  @Test
  void aRoundThatFailsIsCountedAndMadeAgain() throws Exception {
    CountDownLatch succeeded = new CountDownLatch(1);
    AtomicInteger rounds = new AtomicInteger();
    start(
        SHORT,
        () -> {
          switch (rounds.incrementAndGet()) {
            case 1 -> throw new IllegalStateException("not yet");
            case 2 -> throw new StackOverflowError("not yet either");
            case 3 -> throw AWAY;
            default -> succeeded.countDown();
          }
        });

    assertThat(succeeded.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(failures()).isEqualTo(3);
  }

  @Test
  void pausesGrowWhileRoundsFailAndAreShortAgainAfterwards() {
    assertThat(BackgroundLoop.pauseAfterFailure(Duration.ofMillis(200)))
        .isEqualTo(Duration.ofMillis(400));
    assertThat(BackgroundLoop.pauseAfterFailure(Duration.ofSeconds(4)))
        .isEqualTo(BackgroundLoop.LONGEST_PAUSE);
    assertThat(BackgroundLoop.pauseAfterFailure(BackgroundLoop.LONGEST_PAUSE))
        .isEqualTo(BackgroundLoop.LONGEST_PAUSE);
  }

  @Test
  void noRoundIsMadeBeforeEverythingIsReady() throws Exception {
    AtomicBoolean ready = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch askedTwice = new CountDownLatch(2);
    CountDownLatch made = new CountDownLatch(1);
    AtomicBoolean early = new AtomicBoolean();
    BackgroundLoop loop =
        new BackgroundLoop(
            "test",
            SHORT,
            () -> {
              asked.incrementAndGet();
              askedTwice.countDown();
              return ready.get();
            },
            () -> {
              early.compareAndSet(false, !ready.get());
              made.countDown();
            },
            meters);
    started.add(loop);
    loop.start();
    assertThat(askedTwice.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(made.getCount()).isEqualTo(1);
    ready.set(true);
    assertThat(made.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(early).isFalse();
  }

  @Test
  void wakingMakesTheNextRoundAtOnce() throws Exception {
    CountDownLatch made = new CountDownLatch(1);
    start(LONG, made::countDown).wake();
    assertThat(made.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void stoppingLetsTheRoundUnderWayEnd() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    BackgroundLoop loop =
        start(
            SHORT,
            () -> {
              begun.countDown();
              await(mayEnd);
              ended.set(true);
            });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

    loop.stop(SHORT);
    assertThat(loop.isStopping()).isTrue();
    assertThat(ended).isFalse();

    mayEnd.countDown();
    loop.stop();
    assertThat(ended).isTrue();
  }

  @Test
  void aPartThatFailsIsCountedAndDoesNotEndTheRound() {
    BackgroundLoop loop = new BackgroundLoop("test", LONG, () -> true, () -> {}, meters);
    assertThat(
            loop.attempt(
                "a part",
                () -> {
                  throw new IllegalStateException("of its own");
                }))
        .isFalse();
    assertThat(loop.attempt("another", () -> {})).isTrue();
    assertThat(failures()).isEqualTo(1);
  }

  @Test
  void whileAStoreIsAwayTheOtherPartsAreNotTried() {
    BackgroundLoop loop = new BackgroundLoop("test", LONG, () -> true, () -> {}, meters);
    assertThatThrownBy(
            () ->
                loop.attempt(
                    "a part",
                    () -> {
                      throw AWAY;
                    }))
        .isSameAs(AWAY);
  }

  private BackgroundLoop start(Duration pause, Runnable round) {
    BackgroundLoop loop = new BackgroundLoop("test", pause, () -> true, round, meters);
    started.add(loop);
    loop.start();
    return loop;
  }

  private int failures() {
    return (int) meters.get("tokenledger.loop.failures").tag("loop", "test").counter().count();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
