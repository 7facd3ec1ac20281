package dev.tokenledger.bench.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

/** The embedded Postgres and Redis of a data directory, while they run. */
public final class Stores {
  private final Path data;

  public Stores(Path data) {
    this.data = data;
  }

  /** A connection as the owner, whom row-level security lets see all tenants. */
  public Connection postgres() throws IOException, SQLException {
    List<String> lines = Files.readAllLines(data.resolve("postgres/postmaster.pid"));
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    properties.setProperty("password", Files.readString(data.resolve("secrets/postgres")).strip());
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + lines.get(3).strip() + "/postgres", properties);
  }

  public long postgresPid() throws IOException {
    return Long.parseLong(
        Files.readAllLines(data.resolve("postgres/postmaster.pid")).get(0).strip());
  }

  public long redisPid() throws IOException {
    return redisPid("redis");
  }

  /** Of the Redis that decides on calls. */
  public long guardRedisPid() throws IOException {
    return redisPid("guard-redis");
  }

  private long redisPid(String folder) throws IOException {
    return Long.parseLong(Files.readString(data.resolve(folder).resolve("redis.pid")).strip());
  }

  /** Redis writes its address over its command line: {@code redis-server 127.0.0.1:6379}. */
  public int redisPort() throws IOException {
    return port(redisPid());
  }

  /** Of the Redis that decides on calls. */
  public int guardRedisPort() throws IOException {
    return port(guardRedisPid());
  }

  private static int port(long redisPid) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(redisPid), "cmdline"));
    String line = new String(bytes, StandardCharsets.UTF_8).replace('\0', ' ').strip();
    String address = line.substring(line.indexOf(' ') + 1).split(" ")[0];
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  public String redisPassword() throws IOException {
    return Files.readString(data.resolve("secrets/redis")).strip();
  }

  /** A key that the first start has written. */
  public String bootstrapKey(String name) throws IOException {
    return Files.readAllLines(data.resolve("bootstrap.env")).stream()
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IOException("bootstrap.env has no " + name));
  }
}
