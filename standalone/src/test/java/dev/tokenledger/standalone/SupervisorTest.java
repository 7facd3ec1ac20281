package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SupervisorTest {
  /** A store whose process runs and says nothing, until it is started again. */
  private static final class Silent implements EmbeddedStore {
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch started = new CountDownLatch(1);

    @Override
    public String name() {
      return "silent";
    }

    @Override
    public void start() {
      started.countDown();
    }

    @Override
    public boolean isAlive() {
      return true;
    }

    @Override
    public boolean answers() {
      return started.getCount() == 0;
    }

    @Override
    public void stop() {
      stopped.countDown();
    }
  }

  @Test
  void aStoreThatRunsAndGivesNoAnswerIsStartedAgain() throws Exception {
    Silent store = new Silent();
    Supervisor supervisor = new Supervisor(Duration.ofMillis(10), Duration.ofMillis(800), store);
    supervisor.start();
    try {
      assertThat(store.stopped.await(400, TimeUnit.MILLISECONDS)).as("too early").isFalse();
      assertThat(store.started.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(store.stopped.getCount()).isZero();
    } finally {
      supervisor.stop();
    }
  }
}
