package dev.tokenledger.bench.baseline;

import dev.tokenledger.bench.app.ChildJvm;
import dev.tokenledger.bench.app.Stores;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The least that answers a question with a reservation: an HTTP server that knows one answer, one
 * HINCRBY in the guard's Redis, and one row in Postgres that is committed, with what else has come
 * meanwhile, before the answer. No keys, no JSON, no budgets, no prices. A process of its own, on
 * the stores of a running product.
 */
public final class BareAuthorizer implements AutoCloseable {
  private static final long STARTUP_SECONDS = 30;
  private static final int MAX_BATCH = 500;
  private static final String KEY = "bench:bare";
  private static final String ANSWER =
      "{\"decision\":\"allow\",\"budgets\":[],\"padding\":\"" + "x".repeat(600) + "\"}";

  private final Process process;
  private final URI url;

  private BareAuthorizer(Process process, URI url) {
    this.process = process;
    this.url = url;
  }

  /**
   * Starts the process and waits until it listens.
   *
   * @param data the directory of the running product
   * @param options of the virtual machine
   */
  public static BareAuthorizer start(Path data, List<String> options)
      throws IOException, InterruptedException {
    int port = ChildJvm.freePort();
    Process process =
        ChildJvm.start(
            options,
            List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tokenledger.bench.Bench",
                "bare",
                "--data",
                data.toString(),
                "--port",
                Integer.toString(port)),
            data.resolve("bare.log"));
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STARTUP_SECONDS); ; ) {
      try {
        new Socket("127.0.0.1", port).close();
        return new BareAuthorizer(process, URI.create("http://127.0.0.1:" + port));
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > end) {
          process.destroy();
          throw new IOException("the bare authorizer does not listen; see bare.log in " + data, e);
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  public URI url() {
    return url;
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }

  /** Serves until the process is stopped. */
  public static void serve(Stores stores, int port) throws IOException, SQLException {
    BlockingQueue<HttpServerRequest> reserved = new LinkedBlockingQueue<>();
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(Math.max(1, Runtime.getRuntime().availableProcessors() / 2)));
    Redis redis =
        Redis.createClient(
            vertx,
            new RedisOptions()
                .setConnectionString("redis://127.0.0.1:" + stores.guardRedisPort())
                .setPassword(stores.redisPassword())
                .setMaxPoolSize(16)
                .setMaxPoolWaiting(4_096));
    vertx
        .createHttpServer()
        .requestHandler(
            request ->
                request
                    .body()
                    .compose(
                        body ->
                            redis.send(
                                Request.cmd(Command.HINCRBY).arg(KEY).arg("left").arg(-4_500_000)))
                    .onSuccess(left -> reserved.add(request))
                    .onFailure(e -> request.response().setStatusCode(500).end()))
        .listen(port, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    try (Connection connection = stores.postgres()) {
      try (Statement create = connection.createStatement()) {
        create.execute("DROP TABLE IF EXISTS public.bench_bare");
        create.execute("CREATE TABLE public.bench_bare (id uuid PRIMARY KEY, nanos bigint)");
      }
      while (true) {
        commit(connection, reserved);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void commit(Connection connection, BlockingQueue<HttpServerRequest> reserved)
      throws SQLException, InterruptedException {
    List<HttpServerRequest> batch = new ArrayList<>();
    batch.add(reserved.take());
    reserved.drainTo(batch, MAX_BATCH - 1);
    String[] ids = batch.stream().map(one -> UUID.randomUUID().toString()).toArray(String[]::new);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO public.bench_bare SELECT id::uuid, 4500000 FROM unnest(?::text[]) AS id")) {
      insert.setArray(1, connection.createArrayOf("text", ids));
      insert.executeUpdate();
    }
    batch.forEach(one -> one.response().putHeader("content-type", "application/json").end(ANSWER));
  }
}
