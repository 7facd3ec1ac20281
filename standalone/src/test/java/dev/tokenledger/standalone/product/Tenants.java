package dev.tokenledger.standalone.product;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes further tenants in the database; the product itself makes one. */
final class Tenants {
  private Tenants() {}

  /** A tenant with a project {@code default}. */
  static int create(Connection connection, String name) throws SQLException {
    int tenantId;
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.tenants (name) VALUES (?) RETURNING tenant_id")) {
      insert.setString(1, name);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        tenantId = row.getInt(1);
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO admission.privacy (tenant_id, pseudonym_key) VALUES ("
              + tenantId
              + ", decode(repeat('07', 32), 'hex'))");
      statement.execute(
          "INSERT INTO admission.projects (tenant_id, name) VALUES (" + tenantId + ", 'default')");
    }
    return tenantId;
  }

  /** Stores a key as the product would, and returns what its owner sends. */
  static String key(Connection connection, int tenantId, String scope, @Nullable String project)
      throws Exception {
    String keyId = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    String secret = UUID.randomUUID().toString().replace("-", "");
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO admission.api_keys (key_id, tenant_id, project, name, scopes,"
                + " secret_hash, created_by) VALUES (?, ?, ?, 'test', ARRAY[?], ?, 'test')")) {
      insert.setString(1, keyId);
      insert.setInt(2, tenantId);
      insert.setString(3, project);
      insert.setString(4, scope);
      insert.setBytes(
          5, MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
      insert.execute();
    }
    return "tl_" + keyId + "_" + secret;
  }
}
