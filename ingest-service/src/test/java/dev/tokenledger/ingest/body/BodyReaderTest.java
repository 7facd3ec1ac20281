package dev.tokenledger.ingest.body;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.IngestConfig;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class BodyReaderTest {
  private final BodyReader reader =
      new BodyReader(
          new SmallRyeConfigBuilder()
              .withMapping(IngestConfig.class)
              .withConverter(Duration.class, 200, new DurationConverter())
              .build()
              .getConfigMapping(IngestConfig.class));

  @Test
  void aMemberOfAGzipBodyThatComesLaterIsNotDropped() throws IOException {
    // Each part is read by itself, as the network may deliver it.
    InputStream body =
        new SequenceInputStream(
            new ByteArrayInputStream(gzip("one ")), new ByteArrayInputStream(gzip("two")));
    assertThat(new String(reader.read(body, "gzip", -1), StandardCharsets.UTF_8))
        .isEqualTo("one two");
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
