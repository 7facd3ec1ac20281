package dev.tokenledger.platform.lifecycle;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process when the garbage collector takes nearly all of its time and frees hardly
 * anything. Such a process answers nobody and hears no SIGTERM, while one that has ended is started
 * again. The virtual machine's own limit of this kind is off where the sizes of generations are
 * fixed, and misses heaps in which a little is freed each time.
 *
 * <p>Its thread has all that it needs before it starts: what it does each second allocates nothing.
 */
@ApplicationScoped
public class CollectorWatchdog {
  /** The exit code of a process that is ended here; {@code ./tokenledger} starts it again. */
  public static final int EXIT_CODE = 75;

  /** What {@code -XX:+ExitOnOutOfMemoryError} ends a process with. */
  public static final int OUT_OF_MEMORY_EXIT_CODE = 3;

  private static final long LOOK_EVERY_MILLIS = 1_000;

  /** For so many looks in a row the collector must have been at work. */
  private static final int LOOKS = 10;

  /** The share of the time since the first of these looks that went to collections. */
  private static final double MOST_TIME = 0.85;

  /** The share of the old generation that is still in use after a collection of it. */
  private static final double MOST_USED = 0.85;

  private static final byte[] MESSAGE =
      ("tokenledger: the heap is full of what is in use, and collecting it takes all the time;"
              + " the process ends with "
              + EXIT_CODE
              + ". TOKENLEDGER_HEAP gives it more memory.\n")
          .getBytes(StandardCharsets.US_ASCII);

  private final GarbageCollectorMXBean[] collectors;
  private final @Nullable MemoryPoolMXBean old;
  private final long mostUsed;
  private final FileOutputStream console = new FileOutputStream(FileDescriptor.err);

  /** Times of the last looks, and what the collectors had taken by then; a ring of each. */
  private final long[] lookNanos = new long[LOOKS];

  private final long[] collectedMillis = new long[LOOKS];

  public CollectorWatchdog() {
    collectors =
        ManagementFactory.getGarbageCollectorMXBeans().toArray(GarbageCollectorMXBean[]::new);
    old = oldGeneration(ManagementFactory.getMemoryPoolMXBeans());
    mostUsed = old == null ? 0 : (long) (old.getUsage().getMax() * MOST_USED);
  }

  /** The largest pool of the heap that knows how full it is after a collection. */
  private static @Nullable MemoryPoolMXBean oldGeneration(List<MemoryPoolMXBean> pools) {
    MemoryPoolMXBean found = null;
    for (MemoryPoolMXBean pool : pools) {
      // Only the old generation has a threshold of its usage at any time: others fill and empty.
      if (pool.getType() == MemoryType.HEAP
          && pool.isUsageThresholdSupported()
          && pool.isCollectionUsageThresholdSupported()) {
        found = pool;
      }
    }
    return found;
  }

  void begin(@Observes @Priority(1) StartupEvent event) {
    start();
  }

  /** Watches this process until it ends. */
  public void start() {
    Thread thread = new Thread(this::watch, "collector-watchdog");
    thread.setDaemon(true);
    thread.setPriority(Thread.MAX_PRIORITY);
    thread.start();
  }

  private void watch() {
    try {
      for (int looks = 0; !cannotGoOn(looks); looks++) {
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (OutOfMemoryError e) {
      // What is asked only of a process that is about to end has found no room for its answer.
    }
    end();
  }

  /** Takes a look, the first one with 0, and compares it with the one {@link #LOOKS} before. */
  private boolean cannotGoOn(int looks) {
    int slot = Math.floorMod(looks, LOOKS);
    long thenNanos = lookNanos[slot];
    long thenMillis = collectedMillis[slot];
    long nanos = System.nanoTime();
    long millis = 0;
    for (int i = 0; i < collectors.length; i++) {
      millis += Math.max(0, collectors[i].getCollectionTime());
    }
    lookNanos[slot] = nanos;
    collectedMillis[slot] = millis;
    return looks >= LOOKS
        && (millis - thenMillis) * 1e6 > (nanos - thenNanos) * MOST_TIME
        && isFull();
  }

  private boolean isFull() {
    return old == null || old.getCollectionUsage().getUsed() >= mostUsed;
  }

  /** At once: hooks would need memory, and stores keep what was acknowledged. */
  private void end() {
    try {
      console.write(MESSAGE);
    } catch (IOException e) {
      // Nobody reads it; the exit code says the same.
    } finally {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }
}
