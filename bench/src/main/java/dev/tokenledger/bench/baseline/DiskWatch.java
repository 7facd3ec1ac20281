package dev.tokenledger.bench.baseline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the disk takes, while something else is measured, to make a page durable that nobody else
 * waits for: the part of each commit that no software can take less of. It asks little, fifty pages
 * a second, and so sees the moments in which the machine's disk stands still for everybody.
 */
public final class DiskWatch implements AutoCloseable {
  private static final int PAGE = 8 << 10;
  private static final int PAGES = 256;
  private static final Duration EVERY = Duration.ofMillis(20);

  private final Path file;
  private final FileChannel channel;
  private final Histogram waits = new Histogram(3);
  private final Thread thread = new Thread(this::watch, "disk-watch");
  private volatile boolean over;
  private volatile @Nullable IOException failure;

  private DiskWatch(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  /**
   * Writes one page after another into a file that has them all already, as a database writes its
   * log, and waits for each; until it is closed.
   *
   * @param directory on the disk that is meant
   */
  public static DiskWatch start(Path directory) throws IOException {
    DiskWatch watch = new DiskWatch(Files.createTempFile(directory, "disk", ".bench"));
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    for (int i = 0; i < PAGES; i++) {
      watch.write(page, i);
    }
    watch.channel.force(true);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void watch() {
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    try {
      for (int i = 0; !over; i = (i + 1) % PAGES) {
        long begin = System.nanoTime();
        write(page, i);
        channel.force(false);
        waits.recordValue(System.nanoTime() - begin);
        LockSupport.parkNanos(EVERY.toNanos());
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  private void write(ByteBuffer page, int number) throws IOException {
    page.clear();
    while (page.hasRemaining()) {
      channel.write(page, (long) number * PAGE + page.position());
    }
  }

  /** Ends it; nanoseconds for each page. */
  public Histogram end() throws IOException, InterruptedException {
    over = true;
    thread.join();
    if (failure != null) {
      throw new IOException("the disk could not be watched", failure);
    }
    return waits;
  }

  @Override
  public void close() {
    over = true;
    try {
      channel.close();
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
