-- A month may begin on any day, and what was told of a budget is forgotten when it no longer holds.

ALTER TABLE alerting.budgets
  DROP CONSTRAINT budgets_month_start_check,
  ADD CONSTRAINT budgets_month_start_check CHECK (month_start BETWEEN 1 AND 31);

-- The budget's amount when the threshold was crossed; null for what was crossed before this column.
ALTER TABLE alerting.crossings ADD COLUMN amount_nanos bigint;
GRANT DELETE ON alerting.crossings TO tokenledger_alerting;
