package dev.tokenledger.ingest.key;

import dev.tokenledger.platform.identity.ApiKey;
import dev.tokenledger.platform.identity.Scope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The table of API keys, within the caller's transaction. */
public final class KeyStore {
  private static final String COLUMNS =
      "key_id, project, name, scopes, pair, created_by, created_at, expires_at, revoked_at,"
          + " last_used_at";

  /** A key without its secret, as it is listed. */
  public record StoredKey(
      String keyId,
      @Nullable String project,
      String name,
      List<String> scopes,
      boolean pair,
      String createdBy,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt,
      @Nullable Instant lastUsedAt) {}

  public void insert(
      Connection connection,
      int tenantId,
      ApiKey.Issued key,
      @Nullable String project,
      String name,
      Set<Scope> scopes,
      boolean pair,
      String actor,
      @Nullable Instant expiresAt)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.api_keys (key_id, tenant_id, project, name, scopes,"
                + " secret_hash, pair, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setString(1, key.keyId());
      insert.setInt(2, tenantId);
      insert.setString(3, project);
      insert.setString(4, name);
      insert.setArray(
          5,
          connection.createArrayOf("text", scopes.stream().map(Scope::label).sorted().toArray()));
      insert.setBytes(6, key.secretHash());
      insert.setBoolean(7, pair);
      insert.setString(8, actor);
      insert.setTimestamp(9, expiresAt == null ? null : Timestamp.from(expiresAt));
      insert.execute();
    }
  }

  /**
   * @param after the id after which the list goes on, or null for its beginning
   */
  public List<StoredKey> list(
      Connection connection, int tenantId, int limit, @Nullable String after) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM admission.api_keys WHERE tenant_id = ? AND key_id > ?"
                + " ORDER BY key_id LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setString(2, after == null ? "" : after);
      select.setInt(3, limit);
      try (ResultSet rows = select.executeQuery()) {
        List<StoredKey> keys = new ArrayList<>();
        while (rows.next()) {
          keys.add(read(rows));
        }
        return keys;
      }
    }
  }

  /**
   * Revokes a key; one that is revoked already keeps its time.
   *
   * @return false when the tenant has no such key
   */
  public boolean revoke(Connection connection, int tenantId, String keyId, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE admission.api_keys SET revoked_at = coalesce(revoked_at, ?)"
                + " WHERE tenant_id = ? AND key_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setInt(2, tenantId);
      update.setString(3, keyId);
      return update.executeUpdate() == 1;
    }
  }

  private static StoredKey read(ResultSet row) throws SQLException {
    return new StoredKey(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        Arrays.asList((String[]) row.getArray(4).getArray()),
        row.getBoolean(5),
        row.getString(6),
        row.getTimestamp(7).toInstant(),
        instant(row, 8),
        instant(row, 9),
        instant(row, 10));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    Timestamp value = row.getTimestamp(column);
    return value == null ? null : value.toInstant();
  }
}
