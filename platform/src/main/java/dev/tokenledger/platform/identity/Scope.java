package dev.tokenledger.platform.identity;

import java.util.Locale;

/** What a key allows. {@link #ADMIN} includes the other two. */
public enum Scope {
  INGEST,
  READ,
  ADMIN;

  /** Names for {@code @RolesAllowed}, which needs constants. */
  public static final String INGEST_ROLE = "ingest";

  public static final String READ_ROLE = "read";
  public static final String ADMIN_ROLE = "admin";

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
