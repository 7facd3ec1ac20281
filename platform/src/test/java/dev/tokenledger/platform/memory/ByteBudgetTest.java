package dev.tokenledger.platform.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.platform.memory.ByteBudget.Lease;
import dev.tokenledger.platform.memory.ByteBudget.Use;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget(10_000_000);
  private final long capacity = budget.capacity(Use.INGEST);

  @Test
  void whatDoesNotFitIsRefusedWithARetryAndFitsOnceOthersHaveEnded() {
    Lease first = budget.take(Use.INGEST, capacity - 10_000);
    assertThatThrownBy(() -> budget.take(Use.INGEST, 20_000))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> {
              assertThat(problem.code()).isEqualTo(ProblemCode.BUSY);
              assertThat(problem.retryAfter()).isNotNull();
            });
    first.close();
    try (Lease second = budget.take(Use.INGEST, 20_000)) {
      assertThat(second.bytes()).isBetween(20_000L, 21_000L);
    }
  }

  @Test
  void oneShareDoesNotTakeFromAnother() {
    try (Lease all = budget.take(Use.INGEST, capacity);
        Lease settling = budget.take(Use.SETTLING, budget.capacity(Use.SETTLING))) {
      assertThat(all.bytes()).isEqualTo(capacity);
      assertThat(settling.bytes()).isEqualTo(budget.capacity(Use.SETTLING));
    }
  }

  @Test
  void aLeaseLargerThanTheShareIsAloneWithAllOfIt() {
    try (Lease huge = budget.take(Use.INGEST, 100 * capacity)) {
      assertThat(huge.bytes()).isEqualTo(capacity);
      assertThat(budget.lease(Use.INGEST).tryRequire(1)).isFalse();
    }
    assertThat(budget.lease(Use.INGEST).tryRequire(1)).isTrue();
  }

  @Test
  void whoWaitsGoesOnWhenBytesAreGivenBack() throws Exception {
    Lease first = budget.take(Use.SETTLING, budget.capacity(Use.SETTLING));
    CompletableFuture<Long> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try (Lease lease = budget.lease(Use.SETTLING)) {
                lease.await(5_000);
                return lease.bytes();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(waiting).isNotDone();
    first.close();
    assertThat(waiting.get()).isBetween(5_000L, 6_000L);
  }

  @Test
  void aLeaseGrowsAndNeverTakesTwice() {
    try (Lease lease = budget.lease(Use.INGEST)) {
      lease.require(10_000);
      lease.require(4_000);
      assertThat(lease.bytes()).isBetween(10_000L, 11_000L);
      lease.require(30_000);
      assertThat(lease.bytes()).isBetween(30_000L, 31_000L);
    }
    assertThat(budget.take(Use.INGEST, capacity).bytes()).isEqualTo(capacity);
  }
}
