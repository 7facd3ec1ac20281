package dev.tokenledger.bench.micro;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.otlp.OtlpTraceDecoder;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.model.trace.WrapperRule;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Steps on the way of an event; a score is nanoseconds for one event of 100. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EventBenchmark {
  private final OtlpTraceDecoder otlp = new OtlpTraceDecoder();
  private final byte[] otlpJson = Samples.otlpJson();
  private final byte[] otlpJsonWithContent = Samples.otlpJsonWithContent();
  private final byte[] otlpProtobuf = Samples.otlpProtobuf(otlpJson);
  private final byte[] otlpProtobufWithContent = Samples.otlpProtobuf(otlpJsonWithContent);
  private final PriceBook prices = PriceBook.of(Catalogue.builtIn().prices());
  private final Block block = Samples.block();
  private final byte[] encoded = BlockCodec.encode(block);
  private final List<WrapperRule.Node> trace = Samples.trace();

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Decoded decodeOtlpJson() {
    return otlp.decodeJson(otlpJson);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Decoded decodeOtlpJsonWithContent() {
    return otlp.decodeJson(otlpJsonWithContent);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Decoded decodeOtlpProtobuf() {
    return otlp.decodeProtobuf(otlpProtobuf);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Decoded decodeOtlpProtobufWithContent() {
    return otlp.decodeProtobuf(otlpProtobufWithContent);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public void price(Blackhole hole) {
    for (UsageEvent event : block.batches().get(0).events()) {
      if (event instanceof ModelCall call) {
        hole.consume(prices.price(1, call));
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public byte[] encodeBlock() {
    return BlockCodec.encode(block);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Block decodeBlock() {
    return BlockCodec.decode(encoded);
  }

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Set<String> countTrace() {
    return WrapperRule.counted(trace);
  }
}
