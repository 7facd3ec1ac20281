package dev.tokenledger.standalone.product;

import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;

/** A running product, in whatever number of processes, as its tests see it from outside. */
interface Installation extends AutoCloseable {

  /** The one address of the API. */
  URI url();

  /** A value of {@code bootstrap.env}. */
  String firstKey(String name);

  /** A connection of somebody who sees all tenants. */
  Connection database() throws SQLException;

  RedisReader redis();

  /** The Redis that decides on calls; often the same. */
  default RedisReader guardRedis() {
    return redis();
  }

  /** Asks the product to stop, and waits until it has. */
  void terminate() throws Exception;

  /** Starts it on what is there and waits until it is ready. */
  void startAgain() throws Exception;

  /** Ends it as Ctrl-C in a terminal does, which every process of its group gets. */
  void interrupt() throws Exception;

  /** What it has printed since its first start. */
  String output() throws Exception;

  /** A client that sends the key, or none when it is empty. */
  default Api api(String key) {
    return new Api(url(), key);
  }

  default Api admin() {
    return api(firstKey("TOKENLEDGER_ADMIN_KEY"));
  }

  default Api ingest() {
    return api(firstKey("TOKENLEDGER_INGEST_KEY"));
  }

  /** The ledger, as the owner of the database sees it. */
  default Ledger ledger() {
    return new Ledger(this);
  }
}
