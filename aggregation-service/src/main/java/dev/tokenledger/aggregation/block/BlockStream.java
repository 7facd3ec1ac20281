package dev.tokenledger.aggregation.block;

import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One shard's stream as one consumer of the settling group reads it: first what this consumer had
 * read before and not acknowledged, then what others have left lying, then what is new. Used by one
 * thread.
 */
public final class BlockStream {
  private static final Duration BLOCK = Duration.ofMillis(500);

  /** Blocks read at once; far more than fill a batch of large ones, and enough of small ones. */
  private static final int MAX_BLOCKS = 256;

  /** Bytes that are read at once, about; blocks are compressed, to a fifth or so. */
  private static final int READ_BYTES = 3 << 20;

  private final BlockingRedis redis;
  private final String stream;
  private final String consumer;
  private final Duration claimAfter;
  private final Clock clock;

  private @Nullable String pendingAfter = "0";
  private Instant nextClaim = Instant.EPOCH;

  /** What a block is expected to have; at first as much as a block may have. */
  private double meanBytes = READ_BYTES;

  /**
   * @param id the entry's id in the stream
   * @param bytes the encoded block
   */
  public record Entry(String id, byte[] bytes) {}

  public BlockStream(
      BlockingRedis redis, int shard, String consumer, Duration claimAfter, Clock clock) {
    this.redis = redis;
    this.stream = StreamKeys.events(shard);
    this.consumer = consumer;
    this.claimAfter = claimAfter;
    this.clock = clock;
  }

  /** Reads pending blocks from the beginning again at the next call. */
  public void forgetPosition() {
    pendingAfter = "0";
  }

  /**
   * The next blocks, as many as are a few megabytes by what was read last; empty when there are
   * none for a while.
   */
  public List<Entry> read() {
    int count = (int) Math.max(1, Math.min(MAX_BLOCKS, READ_BYTES / meanBytes));
    List<Entry> entries = read(count);
    if (!entries.isEmpty()) {
      long bytes = entries.stream().mapToLong(entry -> entry.bytes.length).sum();
      double mean = Math.max(1, (double) bytes / entries.size());
      // Larger blocks are believed at once, smaller ones by and by.
      meanBytes = mean > meanBytes ? mean : 0.5 * meanBytes + 0.5 * mean;
    }
    return entries;
  }

  private List<Entry> read(int count) {
    try {
      if (pendingAfter != null) {
        List<Entry> pending = readGroup(pendingAfter, count, false);
        if (!pending.isEmpty()) {
          pendingAfter = pending.get(pending.size() - 1).id;
          return pending;
        }
        pendingAfter = null;
      }
      if (!clock.instant().isBefore(nextClaim)) {
        nextClaim = clock.instant().plus(claimAfter.dividedBy(4));
        List<Entry> claimed = claim(count);
        if (!claimed.isEmpty()) {
          nextClaim = clock.instant();
          return claimed;
        }
      }
      return readGroup(">", count, true);
    } catch (RuntimeException e) {
      if (e.getCause() instanceof io.vertx.redis.client.impl.types.ErrorType error) {
        return createGroupAfter(error);
      }
      throw e;
    }
  }

  /** Acknowledges blocks and removes them from the stream, both or neither. */
  public void acknowledge(List<Entry> entries) {
    Request acknowledge = Request.cmd(Command.XACK).arg(stream).arg(StreamKeys.SETTLE_GROUP);
    Request delete = Request.cmd(Command.XDEL).arg(stream);
    for (Entry entry : entries) {
      acknowledge.arg(entry.id);
      delete.arg(entry.id);
    }
    redis.batch(
        List.of(Request.cmd(Command.MULTI), acknowledge, delete, Request.cmd(Command.EXEC)));
  }

  private List<Entry> readGroup(String after, int count, boolean block) {
    Request read =
        Request.cmd(Command.XREADGROUP)
            .arg("GROUP")
            .arg(StreamKeys.SETTLE_GROUP)
            .arg(consumer)
            .arg("COUNT")
            .arg(count);
    if (block) {
      read.arg("BLOCK").arg(BLOCK.toMillis());
    }
    Response answer = redis.send(read.arg("STREAMS").arg(stream).arg(after));
    return answer == null || answer.size() == 0 ? List.of() : entries(answer.get(0).get(1));
  }

  private List<Entry> claim(int count) {
    Response answer =
        redis.send(
            Request.cmd(Command.XAUTOCLAIM)
                .arg(stream)
                .arg(StreamKeys.SETTLE_GROUP)
                .arg(consumer)
                .arg(claimAfter.toMillis())
                .arg("0")
                .arg("COUNT")
                .arg(count));
    return answer == null ? List.of() : entries(answer.get(1));
  }

  private List<Entry> entries(Response list) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      Response entry = list.get(i);
      if (entry == null) {
        continue;
      }
      String id = entry.get(0).toString();
      Response fields = entry.get(1);
      if (fields == null || fields.size() < 2) {
        // Deleted, but still listed as pending: settled by another consumer that died in between.
        redis.send(Request.cmd(Command.XACK).arg(stream).arg(StreamKeys.SETTLE_GROUP).arg(id));
        continue;
      }
      entries.add(new Entry(id, fields.get(1).toBytes()));
    }
    return entries;
  }

  /** Makes the group, from the beginning of the stream, when that is what was missing. */
  private List<Entry> createGroupAfter(io.vertx.redis.client.impl.types.ErrorType error) {
    if (!error.is("NOGROUP")) {
      throw new IllegalStateException("reading " + stream + " failed", error);
    }
    redis.send(
        Request.cmd(Command.XGROUP)
            .arg("CREATE")
            .arg(stream)
            .arg(StreamKeys.SETTLE_GROUP)
            .arg("0")
            .arg("MKSTREAM"));
    return List.of();
  }
}
