package dev.tokenledger.ingest.events;

import dev.tokenledger.bench.micro.Samples;
import dev.tokenledger.ingest.decode.Decoded;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reading native events; a score is nanoseconds for one event of a request of 100. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NativeDecoderBenchmark {
  private final NativeDecoder decoder = new NativeDecoder(Samples.EVENTS);
  private final byte[] body = Samples.nativeJson();

  @Benchmark
  @OperationsPerInvocation(Samples.EVENTS)
  public Decoded parse() {
    return decoder.json(body);
  }
}
