package dev.tokenledger.aggregation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.aggregation.block.BlockDedup;
import dev.tokenledger.aggregation.block.BlockStream;
import dev.tokenledger.aggregation.deadletter.DeadLetters;
import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.dictionary.SeriesCatalogue;
import dev.tokenledger.aggregation.event.Adjustments;
import dev.tokenledger.aggregation.event.EventStore;
import dev.tokenledger.aggregation.event.Partitions;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.aggregation.hot.ChangeFeed;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.identity.EventDedup;
import dev.tokenledger.aggregation.identity.IdentityGenerations;
import dev.tokenledger.aggregation.repricing.Repricer;
import dev.tokenledger.aggregation.repricing.Repricing;
import dev.tokenledger.aggregation.rollup.MinuteRetention;
import dev.tokenledger.aggregation.rollup.RollupWriter;
import dev.tokenledger.aggregation.rollup.SketchFolder;
import dev.tokenledger.aggregation.rollup.UserSums;
import dev.tokenledger.aggregation.settle.CompletenessWriter;
import dev.tokenledger.aggregation.settle.Corrections;
import dev.tokenledger.aggregation.settle.QuietTime;
import dev.tokenledger.aggregation.settle.SettleMetrics;
import dev.tokenledger.aggregation.settle.Settlement;
import dev.tokenledger.aggregation.settle.SettlementProgress;
import dev.tokenledger.aggregation.settle.ShardConsumer;
import dev.tokenledger.aggregation.settle.WrapperResolution;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.Migrations;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.lifecycle.ServiceStart;
import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.pricing.PriceBooks;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Starts the aggregation service: migrates its schema, then runs a consumer for each shard. */
@Default
@Readiness
@ApplicationScoped
public class AggregationStart implements HealthCheck {
  private static final long STOP_SECONDS = 20;

  private final ServiceStart start;
  private final List<ShardConsumer> consumers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<BackgroundLoop> loops = new ArrayList<>();
  private final Database database;

  public AggregationStart(
      AggregationConfig config,
      StreamConfig streams,
      Migrations migrations,
      Databases databases,
      BlockingRedis redis,
      DeadLetters deadLetters,
      SettlementProgress progress,
      ByteBudget budget,
      MeterRegistry meters,
      PriceBooks prices,
      ObjectMapper json,
      Clock clock) {
    database = databases.open(ServiceRole.AGGREGATION, 2 * streams.shards() + 8);
    Dictionary dictionary = new Dictionary();
    HotRollups hot = new HotRollups(redis, clock);
    SettleMetrics metrics = new SettleMetrics(meters);
    SeriesCatalogue series = new SeriesCatalogue();
    EventStore events = new EventStore();
    UserSums userSums = new UserSums(clock);
    RollupWriter rollups = new RollupWriter(series, userSums);
    StoredEvents stored = new StoredEvents(events);
    Adjustments adjustments = new Adjustments();
    Repricing repricing = new Repricing(prices, json);
    IdentityGenerations generations =
        new IdentityGenerations(
            database, config.identityGeneration(), config.identityFilterMemory().asLongValue());
    Settlement settlement =
        new Settlement(
            dictionary,
            events,
            rollups,
            new BlockDedup(),
            new EventDedup(generations),
            new Partitions(),
            new CompletenessWriter(clock),
            new WrapperResolution(),
            new Corrections(stored, adjustments, repricing));
    String name = config.consumer().orElseGet(AggregationStart::hostName);
    for (int shard = 0; shard < streams.shards(); shard++) {
      ShardConsumer consumer =
          new ShardConsumer(
              shard,
              new BlockStream(redis, shard, name, config.claimAfter(), clock),
              settlement,
              hot,
              deadLetters,
              new ChangeFeed(redis),
              database,
              config,
              metrics,
              progress,
              budget,
              budget.capacity(ByteBudget.Use.SETTLING) / streams.shards());
      consumers.add(consumer);
      threads.add(new Thread(consumer, "settle-" + shard));
    }
    SketchFolder folder = new SketchFolder();
    QuietTime foldTime = new QuietTime(progress, clock);
    QuietTime addUpTime = new QuietTime(progress, clock);
    BackgroundLoop identities =
        loop(
            "identity-generations",
            IdentityGenerations.INTERVAL,
            running -> generations.lookAfter(running::isStopping),
            meters);
    loops.add(identities);
    loops.add(
        loop(
            "sketch-fold",
            config.foldInterval(),
            running ->
                foldTime.use(
                    running::isStopping,
                    stopping ->
                        database.inPortions(connection -> folder.foldAll(connection, stopping))),
            meters));
    loops.add(
        loop(
            "user-sums",
            config.userSumsInterval(),
            running ->
                addUpTime.use(
                    running::isStopping,
                    stopping ->
                        database.inPortions(connection -> userSums.addUpAll(connection, stopping))),
            meters));
    MinuteRetention minutes = new MinuteRetention(config.minuteRetention(), clock);
    loops.add(
        loop(
            "minute-retention",
            MinuteRetention.LOOK_EVERY,
            running -> database.inPortions(minutes::look),
            meters));
    Repricer repricer =
        new Repricer(database, stored, adjustments, repricing, rollups, hot, new ChangeFeed(redis));
    loops.add(
        loop(
            "repricing",
            Repricer.LOOK_EVERY,
            running -> repricer.look(running::isStopping),
            meters));
    start =
        new ServiceStart(
            "aggregation",
            () -> {
              migrations.migrate(
                  "ledger",
                  List.of(
                      "V1__ledger.sql",
                      "V2__guard.sql",
                      "V3__api_keys.sql",
                      "V10__user_sums.sql",
                      "V11__records.sql",
                      "V12__less_for_each_event.sql"));
              threads.forEach(Thread::start);
              loops.forEach(BackgroundLoop::start);
              // Without its filters every event is looked for in every generation.
              identities.wake();
            });
  }

  private static BackgroundLoop loop(
      String name, Duration pause, Consumer<BackgroundLoop> round, MeterRegistry meters) {
    return new BackgroundLoop(name, pause, () -> true, round, meters);
  }

  /** The database as the aggregation service sees it. */
  public Database database() {
    return database;
  }

  void begin(@Observes StartupEvent event) {
    start.begin();
  }

  /** Lets each consumer finish the batch it is at, and each loop its portion. */
  void end(@Observes ShutdownEvent event) throws InterruptedException {
    start.cancel();
    consumers.forEach(ShardConsumer::stop);
    for (BackgroundLoop loop : loops) {
      loop.stop();
    }
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
    }
  }

  @Override
  public HealthCheckResponse call() {
    return start.health();
  }

  private static String hostName() {
    String host = System.getenv("HOSTNAME");
    if (host != null && !host.isBlank()) {
      return host;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "this host has no name; set tokenledger.aggregation.consumer", e);
    }
  }
}
