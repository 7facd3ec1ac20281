package dev.tokenledger.ingest.append;

import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Appends batches to one stream, several to a block: while one block is on its way to Redis the
 * batches that arrive are collected and go into the next, so that many small requests share one
 * wait for the disk and a single request waits for nobody. Thread-safe.
 */
final class ShardAppender {
  private static final Logger LOG = Logger.getLogger(ShardAppender.class);

  /** Blocks on their way at once: one being made while the one before is written. */
  private static final int MAX_IN_FLIGHT = 2;

  /** Bytes of a block, about, before it is compressed. */
  private static final int MAX_BLOCK_BYTES = 4 << 20;

  private final long writer;
  private final int maxBlockEvents;
  private final Executor executor;
  private final BlockSink sink;
  private final AtomicLong sequence = new AtomicLong();
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private int inFlight;

  /** Where encoded blocks go; completes when the block is durable. */
  @FunctionalInterface
  interface BlockSink {
    Uni<Void> append(byte[] block);
  }

  private record Waiting(BatchParts.Part part, UniEmitter<? super Void> request) {}

  ShardAppender(long writer, int maxBlockEvents, Executor executor, BlockSink sink) {
    this.writer = writer;
    this.maxBlockEvents = maxBlockEvents;
    this.executor = executor;
    this.sink = sink;
  }

  /** Completes when the batch is durable; fails when it may not be. */
  Uni<Void> append(BatchParts.Part part) {
    return Uni.createFrom()
        .emitter(
            request -> {
              synchronized (this) {
                waiting.add(new Waiting(part, request));
              }
              flushIfFree();
            });
  }

  private void flushIfFree() {
    List<Waiting> next;
    synchronized (this) {
      if (inFlight >= MAX_IN_FLIGHT || waiting.isEmpty()) {
        return;
      }
      inFlight++;
      next = take();
    }
    executor.execute(() -> flush(next));
  }

  private List<Waiting> take() {
    List<Waiting> next = new ArrayList<>();
    int events = 0;
    long bytes = 0;
    while (!waiting.isEmpty()) {
      BatchParts.Part part = waiting.peek().part;
      int more = part.batch().events().size();
      if (!next.isEmpty()
          && (events + more > maxBlockEvents || bytes + part.bytes() > MAX_BLOCK_BYTES)) {
        break;
      }
      next.add(waiting.remove());
      events += more;
      bytes += part.bytes();
    }
    return next;
  }

  private void flush(List<Waiting> next) {
    byte[] block;
    try {
      block =
          BlockCodec.encode(
              new Block(
                  UUID.randomUUID(),
                  writer,
                  sequence.incrementAndGet(),
                  next.stream().map(waiter -> waiter.part.batch()).toList()));
    } catch (RuntimeException e) {
      finish(next, e);
      return;
    }
    sink.append(block).subscribe().with(done -> finish(next, null), e -> finish(next, e));
  }

  private void finish(List<Waiting> done, @org.jspecify.annotations.Nullable Throwable failure) {
    synchronized (this) {
      inFlight--;
    }
    flushIfFree();
    if (failure != null) {
      LOG.warnf("a block of %d requests was not appended: %s", done.size(), failure.getMessage());
    }
    for (Waiting waiter : done) {
      if (failure == null) {
        waiter.request.complete(null);
      } else {
        waiter.request.fail(failure);
      }
    }
  }
}
