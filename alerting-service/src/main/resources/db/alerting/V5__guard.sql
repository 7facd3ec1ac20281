-- Spending that is stopped before it happens: what budgets say of it, what was reserved, and what
-- bounds an agent that has lost its way.

ALTER TABLE alerting.budgets
  -- ISO numbers of the week's first day and the month's.
  ADD COLUMN week_start smallint NOT NULL DEFAULT 1 CHECK (week_start BETWEEN 1 AND 7),
  ADD COLUMN month_start smallint NOT NULL DEFAULT 1 CHECK (month_start BETWEEN 1 AND 28),
  -- What a call without a known price means: it may be made, may not, or counts as the assumed cost.
  ADD COLUMN unpriced text NOT NULL DEFAULT 'allow' CHECK (unpriced IN ('allow', 'deny', 'assume')),
  ADD COLUMN assumed_nanos bigint NOT NULL DEFAULT 0 CHECK (assumed_nanos >= 0),
  -- What to answer while it cannot be known what is left.
  ADD COLUMN when_unavailable text NOT NULL DEFAULT 'deny' CHECK (when_unavailable IN ('allow', 'deny')),
  ADD COLUMN forecast_alert boolean NOT NULL DEFAULT true,
  ADD CHECK ((unpriced = 'assume') = (assumed_nanos > 0));

CREATE TABLE alerting.guard_epochs (
  tenant_id integer PRIMARY KEY,
  epoch bigint NOT NULL
);
COMMENT ON TABLE alerting.guard_epochs IS
  'Grows when a tenant''s budgets change and when what Redis holds of them is made anew. A reservation is granted only by the transaction that sees the epoch under which it was decided.';

INSERT INTO alerting.guard_epochs (tenant_id, epoch) SELECT DISTINCT tenant_id, 1 FROM alerting.budgets;

CREATE TABLE alerting.reservations (
  reservation_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  -- What is held; a budget that assumes a cost for calls without a price may hold another amount.
  amount_nanos bigint NOT NULL CHECK (amount_nanos >= 0),
  -- The budgets that it holds against, each with its amount.
  budgets uuid[] NOT NULL,
  amounts bigint[] NOT NULL,
  -- What it was asked for, by which its budgets are found again when those have changed.
  subject jsonb NOT NULL,
  trace_id text,
  span_id text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX reservations_tenant ON alerting.reservations (tenant_id, expires_at);
COMMENT ON TABLE alerting.reservations IS
  'Open reservations: a row ends when the call is in the ledger, or when the lease has run out.';

CREATE TABLE alerting.budget_periods (
  budget_id uuid NOT NULL REFERENCES alerting.budgets,
  period_start timestamptz NOT NULL,
  period_end timestamptz NOT NULL,
  tenant_id integer NOT NULL,
  amount_nanos bigint NOT NULL,
  spent_nanos bigint NOT NULL,
  unpriced_calls bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (budget_id, period_start)
);
COMMENT ON TABLE alerting.budget_periods IS
  'What was spent in each period, as it was last seen; for periods that are over, once late events have come in.';

CREATE TABLE alerting.loop_guards (
  loop_guard_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  name text NOT NULL,
  scope jsonb NOT NULL,
  per text NOT NULL CHECK (per IN ('session', 'trace', 'run')),
  max_calls bigint CHECK (max_calls > 0),
  max_depth integer CHECK (max_depth > 0),
  max_repeated_tool_calls integer CHECK (max_repeated_tool_calls > 0),
  max_cost_nanos bigint CHECK (max_cost_nanos > 0),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX loop_guards_tenant ON alerting.loop_guards (tenant_id) WHERE deleted_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON alerting.guard_epochs, alerting.budget_periods, alerting.loop_guards
  TO tokenledger_alerting;
GRANT SELECT, INSERT, DELETE ON alerting.reservations TO tokenledger_alerting;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['guard_epochs', 'reservations', 'budget_periods', 'loop_guards'] LOOP
    EXECUTE format('ALTER TABLE alerting.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON alerting.%I '
                   'USING (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text)) '
                   'WITH CHECK (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text))', t);
  END LOOP;
END $$;
