package dev.tokenledger.alerting;

import dev.tokenledger.testsupport.TestDatabase;
import java.sql.SQLException;

/** The tables of the alerting service. */
public final class GuardTables {
  private GuardTables() {}

  public static void migrate(TestDatabase stores) throws SQLException {
    stores.migrations().migrate("alerting", AlertingStart.SCRIPTS);
  }
}
