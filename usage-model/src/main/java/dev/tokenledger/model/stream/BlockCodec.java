package dev.tokenledger.model.stream;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Blocks as bytes: a header that can be read without the rest, then an LZ4 payload.
 *
 * <pre>
 * byte   format             {@link #FORMAT}
 * 16     block id
 * 8      writer
 * varint sequence
 * varint length of the payload before compression
 * rest   LZ4 block: batches, whose repeated strings are numbered in the order of appearance
 * </pre>
 *
 * A reader accepts its own format and the one before it, so that services are upgraded one by one,
 * those that read before those that write. Format 3 has the names of spans, and whether a status
 * was stated; format 2 has not. The methods are thread-safe.
 */
public final class BlockCodec {
  public static final byte FORMAT = 3;

  /** The oldest format that is read. */
  private static final byte OLDEST_FORMAT = 2;

  /** The first format in which a span's place has the names that the spans beneath it inherit. */
  static final byte WITH_NAMES = 3;

  /** Far above what the door admits; a length beyond it means that the bytes are corrupt. */
  private static final int MAX_PAYLOAD = 256 << 20;

  private BlockCodec() {}

  public static byte[] encode(Block block) {
    ByteWriter payload = new ByteWriter(4096 + 160 * block.eventCount());
    EventWriter events = new EventWriter(payload);
    payload.writeVarint(block.batches().size());
    for (AdmittedBatch batch : block.batches()) {
      events.writeBatch(batch);
    }
    Lz4Compressor lz4 = new Lz4Compressor();
    byte[] compressed = new byte[lz4.maxCompressedLength(payload.size())];
    int length =
        lz4.compress(payload.buffer(), 0, payload.size(), compressed, 0, compressed.length);

    ByteWriter out = new ByteWriter(48 + length);
    out.writeByte(FORMAT);
    out.writeFixed64(block.id().getMostSignificantBits());
    out.writeFixed64(block.id().getLeastSignificantBits());
    out.writeFixed64(block.writer());
    out.writeVarint(block.sequence());
    out.writeVarint(payload.size());
    out.writeRaw(compressed, 0, length);
    return out.toByteArray();
  }

  /**
   * @throws CorruptBytesException if the bytes are no block, or one of a format not known
   */
  public static Block decode(byte[] bytes) {
    ByteReader header = new ByteReader(bytes);
    byte format = header.readByte();
    requireKnown(format);
    UUID id = new UUID(header.readFixed64(), header.readFixed64());
    long writer = header.readFixed64();
    long sequence = header.readVarint();
    int length = header.readVarint32();
    if (length > MAX_PAYLOAD) {
      throw new CorruptBytesException("block payload of " + length + " bytes is too large");
    }
    int start = bytes.length - header.remaining();
    byte[] payload = decompress(bytes, start, length);
    try {
      return new Block(id, writer, sequence, readBatches(payload, format));
    } catch (CorruptBytesException e) {
      throw e;
    } catch (RuntimeException e) {
      // Values refuse what they must not hold (negative tokens, null ids): the bytes are not ours.
      throw new CorruptBytesException("block " + id + " holds an impossible value", e);
    }
  }

  private static void requireKnown(byte format) {
    if (format < OLDEST_FORMAT || format > FORMAT) {
      throw new CorruptBytesException(
          "block format "
              + format
              + " is not known; this version reads formats "
              + OLDEST_FORMAT
              + " to "
              + FORMAT);
    }
  }

  /**
   * The bytes that a block takes once decompressed, from its header alone; what is decoded from
   * them takes several times as much memory.
   *
   * @throws CorruptBytesException if the bytes are no block, or one of a format not known
   */
  public static int payloadBytes(byte[] bytes) {
    ByteReader header = new ByteReader(bytes);
    requireKnown(header.readByte());
    for (int i = 0; i < 3; i++) {
      header.readFixed64();
    }
    header.readVarint();
    return header.readVarint32();
  }

  private static byte[] decompress(byte[] bytes, int start, int length) {
    byte[] payload = new byte[length];
    try {
      int got =
          new Lz4Decompressor().decompress(bytes, start, bytes.length - start, payload, 0, length);
      return got == length ? payload : Arrays.copyOf(payload, got);
    } catch (MalformedInputException | IllegalArgumentException e) {
      throw new CorruptBytesException("block payload does not decompress", e);
    }
  }

  private static List<AdmittedBatch> readBatches(byte[] payload, byte format) {
    ByteReader in = new ByteReader(payload);
    EventReader events = new EventReader(in, format);
    int count = in.readVarint32();
    List<AdmittedBatch> batches = new ArrayList<>(Math.min(count, 10_000));
    for (int i = 0; i < count; i++) {
      batches.add(events.readBatch());
    }
    if (in.remaining() > 0) {
      throw new CorruptBytesException(in.remaining() + " bytes follow the last batch");
    }
    return batches;
  }
}
