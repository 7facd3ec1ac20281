package dev.tokenledger.alerting.budget;

import dev.tokenledger.platform.database.Database;

/** Makes and changes budgets as their resource does. */
public final class StoredBudgets {
  private final Database database;
  private final BudgetStore store;

  public StoredBudgets(Database database, BudgetStore store) {
    this.database = database;
    this.store = store;
  }

  public void insert(Budget budget) {
    database.asTenant(
        budget.tenantId(),
        connection -> {
          store.insert(connection, budget, "test");
          return null;
        });
  }

  public void update(Budget budget) {
    database.asTenant(
        budget.tenantId(),
        connection -> {
          store.update(connection, budget);
          return null;
        });
  }

  public void delete(Budget budget) {
    database.asTenant(
        budget.tenantId(), connection -> store.delete(connection, budget.tenantId(), budget.id()));
  }
}
