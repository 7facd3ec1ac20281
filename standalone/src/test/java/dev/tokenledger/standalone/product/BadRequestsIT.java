package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are bad as a whole: a problem with a stable code, and nothing half-taken. */
@ExtendWith(Product.class)
class BadRequestsIT {
  private static final String[] JSON = {"Content-Type", "application/json"};
  private static final String[] LINES = {"Content-Type", "application/x-ndjson"};
  private static final int MEBIBYTE = 1024 * 1024;

  private final URI url;
  private final Api api;
  private final Ledger ledger;
  private Ledger.Totals before = Ledger.Totals.NOTHING;

  BadRequestsIT(TokenLedgerProcess product) {
    this.url = product.url();
    this.api = product.ingest();
    this.ledger = product.ledger();
  }

  @BeforeEach
  void remember() throws Exception {
    before = ledger.settled();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "[{]",
        "{\"events\":7}",
        "{\"events\":[{}",
        "nonsense",
        "12",
        "\"text\"",
        "true",
        "null",
        "[] []",
        "[{},]",
        "{\"id\":\"a\"}}",
        "<xml/>",
        "\u0000"
      })
  void aBodyThatIsNoListOfEventsIsRefused(String body) throws Exception {
    refused(api.report(body, JSON), 400, "malformed_body", "");
  }

  @Test
  void jsonThatBreaksOffIsRefusedAsAWhole() throws Exception {
    String whole = "[" + call() + "," + call() + "," + call() + "]";
    for (int cut : new int[] {1, whole.length() / 3, whole.length() / 2, whole.length() - 1}) {
      refused(api.report(whole.substring(0, cut), JSON), 400, "malformed_body", "Nothing of it");
    }
  }

  @Test
  void ofLinesThatBreakOffOnlyTheLastIsRefused() throws Exception {
    String whole = call() + "\n" + call() + "\n" + call();
    Api.Answer answer = api.report(whole.substring(0, whole.length() - 7), LINES);
    assertThat(answer.accepted()).isEqualTo(2);
    assertThat(answer.rejectedCodes()).containsExactly("malformed_event");
    assertThat(added().rows()).isEqualTo(2);
  }

  @Test
  void aBodyThatIsNotUtf8IsRefusedAndALineThatIsNotAlone() throws Exception {
    byte[] latin1 = call().put("agent", "café").toString().getBytes(StandardCharsets.ISO_8859_1);
    refused(api.report(concat("[", latin1, "]"), JSON), 400, "invalid_utf8", "UTF-8");
    Api.Answer lines = api.report(concat(call() + "\n", latin1, "\n" + call()), LINES);
    assertThat(lines.accepted()).isEqualTo(2);
    assertThat(lines.rejectedCodes()).containsExactly("invalid_utf8");
    assertThat(added().rows()).isEqualTo(2);
  }

  @Test
  void tenThousandAndOneEventsAreRefusedAsAWhole() throws Exception {
    String prefix = UUID.randomUUID().toString();
    List<ObjectNode> events =
        IntStream.range(0, 10_001).mapToObj(i -> Events.call(prefix + i, 1, 1)).toList();
    refused(api.report(events), 413, "too_many_events", "10000");
  }

  @Test
  void aBodyOfSeventeenMebibytesIsRefusedHoweverItIsSent() throws Exception {
    String events = "[" + call() + "]";
    byte[] body =
        (events + " ".repeat(17 * MEBIBYTE - events.length())).getBytes(StandardCharsets.UTF_8);
    refused(api.report(body, JSON), 413, "body_too_large", "16777216");
    refused(api.reportChunked(body, JSON), 413, "body_too_large", "16777216");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void aSmallBodyThatUnpacksToAHugeOneIsRefused(String encoding) throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream out =
        encoding.equals("gzip") ? new GZIPOutputStream(bomb) : new ZstdOutputStream(bomb)) {
      out.write(("[" + call()).getBytes(StandardCharsets.UTF_8));
      byte[] blanks = new byte[MEBIBYTE];
      Arrays.fill(blanks, (byte) ' ');
      for (int i = 0; i < 200; i++) {
        out.write(blanks);
      }
      out.write(']');
    }
    refused(
        api.report(bomb.toByteArray(), encoded(encoding)),
        413,
        "decompressed_too_large",
        "134217728");
  }

  @Test
  void aBodyThatIsNotCompressedAsItSaysIsRefused() throws Exception {
    byte[] plain = ("[" + call() + "]").getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write(plain);
    }
    byte[] cut = Arrays.copyOf(gzip.toByteArray(), gzip.size() - 12);
    refused(api.report(plain, encoded("gzip")), 400, "malformed_body", "gzip");
    refused(api.report(cut, encoded("gzip")), 400, "malformed_body", "gzip");
    refused(api.report(plain, encoded("zstd")), 400, "malformed_body", "zstd");
    refused(api.report(gzip.toByteArray(), encoded("zstd")), 400, "malformed_body", "zstd");
    refused(api.report(gzip.toByteArray(), JSON), 400, "malformed_body", "");
    refused(api.report(plain, encoded("br")), 415, "unsupported_encoding", "gzip, zstd");
  }

  @Test
  void aContentTypeThatIsNotReadIsRefused() throws Exception {
    byte[] body = ("[" + call() + "]").getBytes(StandardCharsets.UTF_8);
    refused(api.report(body, "Content-Type", "application/xml"), 415, "unsupported_media_type", "");
    refused(api.report(body, "Content-Type", ";;;"), 415, "unsupported_media_type", "");
  }

  /** Of a request that never ends nothing is taken, and the next one is served. */
  @Test
  void aConnectionCutInTheBodyLeavesNothing() throws Exception {
    String events = "[" + call() + "," + call() + "]";
    String key = "Authorization: Bearer " + api.key() + "\r\n";
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      + key
                      + "Content-Length: "
                      + (events.length() + 50)
                      + "\r\n\r\n"
                      + events)
                  .getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
    }
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                      + key
                      + "Transfer-Encoding: chunked\r\n\r\n"
                      + Integer.toHexString(events.length())
                      + "\r\n"
                      + events
                      + "\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      socket.setSoLinger(true, 0);
    }
    assertThat(api.report(call()).accepted()).isEqualTo(1);
    assertThat(added().rows()).isEqualTo(1);
    assertThat(api.isReady()).isTrue();
  }

  @Test
  void withoutAValidKeyNothingIsTaken() throws Exception {
    ObjectNode event = call();
    for (String key : List.of("", "tl_wrong_key", "tl__", "garbage", api.key() + "x")) {
      Api.Answer answer = new Api(url, key).report(event);
      refused(answer, 401, "unauthenticated", "Authorization: Bearer");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/v1/events,405,method_not_allowed",
    "PUT,/v1/events,405,method_not_allowed",
    "DELETE,/v1/events,405,method_not_allowed",
    "PATCH,/v1/traces,405,method_not_allowed",
    "GET,/v1/nothing,404,not_found",
    "POST,/v2/events,404,not_found",
    "GET,/v1/events/../../etc/passwd,404,not_found",
    "DELETE,/v1/keys,405,method_not_allowed"
  })
  void anAddressOrMethodThatDoesNotExistIsAProblem(
      String method, String path, int status, String code) throws Exception {
    refused(api.method(method, path), status, code, "/openapi");
  }

  @Test
  void headOfAnEndpointThatOnlyTakesPostsIsNotAllowed() throws Exception {
    assertThat(api.method("HEAD", "/v1/events").status()).isEqualTo(405);
  }

  /**
   * Bodies of good events, broken at random in many ways. Each is taken in part, or refused; none
   * is a failure of ours, and what the answers say was accepted is what the ledger holds.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 20, 300})
  void mutatedBodiesAreNeverOurFailureAndTotalsStayExact(long seed) throws Exception {
    Random random = new Random(seed);
    long accepted = 0;
    for (int i = 0; i < 100; i++) {
      boolean lines = random.nextBoolean();
      String separator = lines ? "\n" : ",";
      String text = call() + separator + call() + separator + call();
      byte[] body = (lines ? text : "[" + text + "]").getBytes(StandardCharsets.UTF_8);
      byte[] mutated = mutate(body, random);
      Api.Answer answer = api.report(mutated, lines ? LINES : JSON);
      assertThat(answer.status())
          .as(
              "seed %d, body %d: %s -> %s",
              seed, i, new String(mutated, StandardCharsets.ISO_8859_1), answer)
          .isIn(Set.of(202, 400, 413, 415));
      accepted += answer.status() == 202 ? answer.accepted() : 0;
    }
    Ledger.Totals added = added();
    assertThat(added.accepted()).isEqualTo(accepted);
    // A mutated id may by chance be one that is there already, but not often.
    assertThat(added.rows()).isBetween(accepted - 5, accepted);
  }

  private static byte[] mutate(byte[] body, Random random) {
    byte[] mutated = body.clone();
    int kind = random.nextInt(6);
    int at = random.nextInt(body.length);
    switch (kind) {
      case 0 -> mutated[at] = (byte) random.nextInt(256);
      case 1 -> mutated = Arrays.copyOf(body, at);
      case 2 -> {
        for (int i = 0; i < 8; i++) {
          mutated[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 3 ->
          mutated =
              concat(
                  text(body, 0, at),
                  Arrays.copyOfRange(body, at / 2, at),
                  text(body, at, body.length));
      case 4 ->
          mutated =
              concat(
                  text(body, 0, at),
                  "\\u0000\"{[9e999".getBytes(StandardCharsets.UTF_8),
                  text(body, at, body.length));
      default -> {
        byte[] digits = "0123456789-.eE".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < body.length; i++) {
          if (body[i] >= '0' && body[i] <= '9' && random.nextInt(8) == 0) {
            mutated[i] = digits[random.nextInt(digits.length)];
          }
        }
      }
    }
    return mutated;
  }

  private static String text(byte[] bytes, int from, int until) {
    return new String(bytes, from, until - from, StandardCharsets.UTF_8);
  }

  private void refused(Api.Answer answer, int status, String code, String sentence)
      throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.type()).startsWith("application/problem+json");
    assertThat(answer.json().path("status").asInt()).isEqualTo(status);
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.detail()).contains(sentence).endsWith(".");
    assertThat(added()).isEqualTo(Ledger.Totals.NOTHING);
  }

  private Ledger.Totals added() throws Exception {
    return ledger.settled().minus(before);
  }

  private static String[] encoded(String encoding) {
    return new String[] {"Content-Type", "application/json", "Content-Encoding", encoding};
  }

  private static byte[] concat(String before, byte[] middle, String after) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(middle);
    bytes.writeBytes(after.getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static ObjectNode call() {
    return Events.call(UUID.randomUUID().toString(), 10, 1);
  }
}
