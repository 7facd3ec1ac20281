package dev.tokenledger.aggregation.deadletter;

import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.model.stream.CorruptBytesException;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Events that could not be settled, each in a block of its own, and blocks that cannot be read, in
 * a stream of their own. A block is stored here before it is acknowledged where it came from; a
 * crash in between leaves it in both places, and settling it twice is harmless. They are never
 * trimmed: what is here was accepted and is not yet counted.
 */
@ApplicationScoped
public class DeadLetters {
  private static final int FIELDS = 5;
  private static final int MAX_REASON = 500;

  /** KEYS: the stream, the set of marks; ARGV: mark, shard, entry, time, reason, block. */
  private static final String BURY =
      "if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('XADD', KEYS[1], '*',"
          + " 'shard', ARGV[2], 'entry', ARGV[3], 'died_at', ARGV[4], 'reason', ARGV[5], '"
          + StreamKeys.BLOCK_FIELD
          + "', ARGV[6]) end return 1";

  /** Blocks in memory at a time, and how often so many are looked into at most. */
  private static final int PAGE = 8;

  private static final int MOST_PAGES = 500;

  private final BlockingRedis redis;
  private final Clock clock;

  public DeadLetters(BlockingRedis redis, Clock clock) {
    this.redis = redis;
    this.clock = clock;
  }

  /**
   * A dead letter without its payload.
   *
   * @param id its identifier here
   * @param shard the event stream that it came from
   * @param entryId its identifier there
   * @param diedAt when it was given up
   * @param reason the last failure
   * @param bytes size of the block
   */
  public record DeadLetter(
      String id, int shard, String entryId, Instant diedAt, String reason, int bytes) {}

  /**
   * Keeps a block, once however often it is buried.
   *
   * @param mark tells the block from all others
   * @param reason the last failure, cut where it is long
   */
  public void bury(int shard, String entryId, String mark, byte[] block, String reason) {
    redis.send(
        Request.cmd(Command.EVAL)
            .arg(BURY)
            .arg(2)
            .arg(StreamKeys.DEAD)
            .arg(StreamKeys.DEAD_MARKS)
            .arg(mark)
            .arg(shard)
            .arg(entryId)
            .arg(clock.instant().toString())
            .arg(reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason)
            .arg(Buffer.buffer(block)));
  }

  public long count() {
    Response length = redis.send(Request.cmd(Command.XLEN).arg(StreamKeys.DEAD));
    return length == null ? 0 : length.toLong();
  }

  /**
   * How many accepted events of a tenant are in dead letters, by the start of the events. Of a
   * block that cannot be read nobody knows whose events it had; it is listed, and its reason says
   * so.
   */
  public long events(int tenantId, Instant start, Instant end) {
    long events = 0;
    String after = "-";
    for (int page = 0; page < MOST_PAGES; page++) {
      Response entries =
          redis.send(
              Request.cmd(Command.XRANGE)
                  .arg(StreamKeys.DEAD)
                  .arg(after)
                  .arg("+")
                  .arg("COUNT")
                  .arg(PAGE));
      if (entries == null || entries.size() == 0) {
        break;
      }
      for (Response entry : entries) {
        events += events(entry.get(1).get(FIELDS * 2 - 1).toBytes(), tenantId, start, end);
        after = "(" + entry.get(0);
      }
    }
    return events;
  }

  private static long events(byte[] bytes, int tenantId, Instant start, Instant end) {
    Block block;
    try {
      block = BlockCodec.decode(bytes);
    } catch (CorruptBytesException e) {
      return 0;
    }
    return block.batches().stream()
        .filter(batch -> batch.tenantId() == tenantId)
        .flatMap(batch -> batch.events().stream())
        .map(event -> event.header().time())
        .filter(time -> !time.isBefore(start) && time.isBefore(end))
        .count();
  }

  /**
   * @param after the id after which the list goes on, or null for its beginning
   */
  public List<DeadLetter> list(int limit, @Nullable String after) {
    Response entries =
        redis.send(
            Request.cmd(Command.XRANGE)
                .arg(StreamKeys.DEAD)
                .arg(after == null ? "-" : "(" + after)
                .arg("+")
                .arg("COUNT")
                .arg(limit));
    List<DeadLetter> letters = new ArrayList<>();
    if (entries != null) {
      for (Response entry : entries) {
        letters.add(letter(entry));
      }
    }
    return letters;
  }

  /**
   * Puts a block back at the end of its stream and takes it off the list.
   *
   * @return the letter, or empty when there is none with that id
   */
  public Optional<DeadLetter> replay(String id) {
    Response entries = redis.send(Request.cmd(Command.XRANGE).arg(StreamKeys.DEAD).arg(id).arg(id));
    if (entries == null || entries.size() == 0) {
      return Optional.empty();
    }
    DeadLetter letter = letter(entries.get(0));
    byte[] block = entries.get(0).get(1).get(FIELDS * 2 - 1).toBytes();
    redis.send(
        Request.cmd(Command.XADD)
            .arg(StreamKeys.events(letter.shard))
            .arg("*")
            .arg(StreamKeys.BLOCK_FIELD)
            .arg(Buffer.buffer(block)));
    // Taken off the list last: a crash in between leaves it there, and it is settled once.
    redis.send(Request.cmd(Command.SREM).arg(StreamKeys.DEAD_MARKS).arg(mark(letter, block)));
    redis.send(Request.cmd(Command.XDEL).arg(StreamKeys.DEAD).arg(id));
    return Optional.of(letter);
  }

  private static String mark(DeadLetter letter, byte[] block) {
    try {
      return BlockCodec.decode(block).id().toString();
    } catch (CorruptBytesException e) {
      return letter.entryId;
    }
  }

  private static DeadLetter letter(Response entry) {
    Response fields = entry.get(1);
    return new DeadLetter(
        entry.get(0).toString(),
        fields.get(1).toInteger(),
        fields.get(3).toString(),
        Instant.parse(fields.get(5).toString()),
        fields.get(7).toString(),
        fields.get(9).toBytes().length);
  }
}
