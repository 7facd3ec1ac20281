package dev.tokenledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.loop.StoreOutage;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabasePoolTest {
  @Test
  void aPoolWithoutAFreeConnectionIsBusyAndNoOutage() throws Exception {
    TestDatabase database = TestDatabase.create();
    database.migrations().migrate("pool", List.of());
    try (Database pool = database.databases().open(ServiceRole.ALERTING, 2)) {
      try (Connection one = pool.connect();
          Connection other = pool.connect()) {
        assertThat(one.isValid(1) && other.isValid(1)).isTrue();
        ProblemException busy =
            catchThrowableOfType(
                ProblemException.class, () -> pool.asService(connection -> connection.isValid(1)));
        assertThat(busy.code()).isEqualTo(ProblemCode.BUSY);
        assertThat(busy.retryAfter()).isNotNull();
        assertThat(StoreOutage.isOne(busy)).isFalse();
      }
      boolean free = pool.asService(connection -> connection.isValid(1));
      assertThat(free).isTrue();
    }
  }
}
