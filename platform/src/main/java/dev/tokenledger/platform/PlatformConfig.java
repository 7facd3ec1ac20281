package dev.tokenledger.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** What every service must be told about its surroundings. */
@ConfigMapping(prefix = "tokenledger")
public interface PlatformConfig {

  Database database();

  Redis redis();

  Identity identity();

  /** The data directory of the one-process edition; the services themselves have none. */
  Optional<String> data();

  /** Where Redis is. */
  interface Redis {
    /** Address with password: {@code redis://:password@host:port}, {@code rediss://} for TLS. */
    @WithDefault("redis://localhost:6379")
    String url();
  }

  /** Where Postgres is and who connects to it. */
  interface Database {
    /** JDBC address of the database. */
    @WithDefault("jdbc:postgresql://localhost:5432/tokenledger")
    String url();

    /**
     * Who owns the schemas and migrates them at start. Needs CREATEROLE and CREATE on the database.
     */
    @WithDefault("tokenledger")
    String ownerUsername();

    /** The owner's password. Services use it for migrations only, never for requests. */
    String ownerPassword();

    /**
     * Passwords of the services' own roles, by service name (ingest, aggregation, alerting,
     * reporting, identity). A role without one gets a password derived from the owner's.
     */
    Map<String, String> rolePasswords();

    /** How long to wait for a connection before the request is answered with 503. */
    @WithDefault("3s")
    Duration acquisitionTimeout();

    /** The longest a single statement of a request may run. */
    @WithDefault("30s")
    Duration statementTimeout();
  }

  /** How callers are recognised. */
  interface Identity {
    /**
     * How often revoked, changed and new keys are looked for; the longest a revoked key lives on.
     */
    @WithDefault("1s")
    Duration refreshInterval();

    /** Name of the tenant that is made at the first start. */
    @WithDefault("default")
    String defaultTenant();

    /** File into which the first keys are written, mode 0600; nothing is made without it. */
    Optional<String> bootstrapFile();
  }
}
