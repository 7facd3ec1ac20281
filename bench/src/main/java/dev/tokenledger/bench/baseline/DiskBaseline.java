package dev.tokenledger.bench.baseline;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * What the disk takes by itself to make a page durable, while nothing else is asked of it: the part
 * of each commit that no software can take less of.
 */
public final class DiskBaseline {
  private static final int PAGE = 8 << 10;
  private static final int PAGES = 2_048;
  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private DiskBaseline() {}

  /**
   * Writes one page after another into a file that has them all already, as a database writes its
   * log, and waits for each.
   *
   * @param directory on the disk that is meant
   * @return nanoseconds for each page
   */
  public static Histogram measure(Path directory, Duration duration) throws IOException {
    Path file = Files.createTempFile(directory, "disk", ".bench");
    Histogram waits = new Histogram(3);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
      for (int i = 0; i < PAGES; i++) {
        write(channel, page, i);
      }
      channel.force(true);
      long end = System.nanoTime() + duration.toNanos();
      for (int i = 0; System.nanoTime() < end; i = (i + 1) % PAGES) {
        long begin = System.nanoTime();
        write(channel, page, i);
        channel.force(false);
        waits.recordValue(System.nanoTime() - begin);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } finally {
      Files.delete(file);
    }
    return waits;
  }

  private static void write(FileChannel channel, ByteBuffer page, int number) throws IOException {
    page.clear();
    while (page.hasRemaining()) {
      channel.write(page, (long) number * PAGE + page.position());
    }
  }
}
