package dev.tokenledger.bench.baseline;

import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.model.stream.StreamKeys;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Redis alone with the blocks that the door writes: XADD into a stream of its own, as durable as
 * the server is set (one answer is one fsync where {@code appendfsync} is {@code always}). The
 * stream is deleted afterwards.
 */
public final class RedisBaseline {
  private static final byte[] STREAM = RedisConnection.bytes("bench:baseline");

  /** Commands on their way at once; the door has as many for its two shards. */
  private static final int IN_FLIGHT = 4;

  private static final int BLOCKS = 200;

  private RedisBaseline() {}

  /** The figures of one run. */
  public record Result(int blocks, long events, long bytes, double seconds) {
    public double blocksPerSecond() {
      return blocks / seconds;
    }

    public double eventsPerSecond() {
      return events / seconds;
    }

    public double bytesPerEvent() {
      return (double) bytes / events;
    }
  }

  /**
   * @param eventsInBlock events in each block
   */
  public static Result run(int port, String password, int eventsInBlock, TokenLengths lengths)
      throws IOException {
    List<byte[]> blocks = blocks(eventsInBlock, lengths);
    try (RedisConnection redis = new RedisConnection(port, password)) {
      delete(redis);
      long start = System.nanoTime();
      int sent = 0;
      for (int answered = 0; answered < blocks.size(); answered++) {
        while (sent < blocks.size() && sent - answered < IN_FLIGHT) {
          redis.send(
              RedisConnection.bytes("XADD"),
              STREAM,
              RedisConnection.bytes("*"),
              RedisConnection.bytes(StreamKeys.BLOCK_FIELD),
              blocks.get(sent++));
          redis.flush();
        }
        redis.answer();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      delete(redis);
      return new Result(
          blocks.size(),
          (long) blocks.size() * eventsInBlock,
          blocks.stream().mapToLong(block -> block.length).sum(),
          seconds);
    }
  }

  private static void delete(RedisConnection redis) throws IOException {
    redis.send(RedisConnection.bytes("DEL"), STREAM);
    redis.flush();
    redis.answer();
  }

  private static List<byte[]> blocks(int eventsInBlock, TokenLengths lengths) {
    LedgerTraffic traffic = new LedgerTraffic(new Traffic(44, lengths), 1, "baseline-");
    List<byte[]> blocks = new ArrayList<>(BLOCKS);
    for (int i = 0; i < BLOCKS; i++) {
      Instant now = Instant.now();
      blocks.add(
          BlockCodec.encode(
              new Block(
                  UUID.randomUUID(),
                  1,
                  i + 1L,
                  List.of(traffic.batch(eventsInBlock, now.minus(Duration.ofSeconds(1)), now)))));
    }
    return blocks;
  }
}
