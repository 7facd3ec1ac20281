-- Alerting: budgets, what was crossed, where notifications go and what became of them. Owned and
-- written by the alerting service. A transaction sees one tenant, or with '*' the service's loops all.

CREATE TABLE alerting.budgets (
  budget_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  name text NOT NULL,
  scope jsonb NOT NULL,
  amount_nanos bigint NOT NULL CHECK (amount_nanos > 0),
  period text NOT NULL CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly', 'rolling')),
  rolling_days integer CHECK (rolling_days BETWEEN 1 AND 366),
  timezone text NOT NULL,
  type text NOT NULL CHECK (type IN ('warning', 'hard_stop')),
  thresholds integer[] NOT NULL,
  channels uuid[] NOT NULL DEFAULT '{}',
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE INDEX budgets_tenant ON alerting.budgets (tenant_id, created_at) WHERE deleted_at IS NULL;

CREATE TABLE alerting.crossings (
  budget_id uuid NOT NULL REFERENCES alerting.budgets,
  period_start timestamptz NOT NULL,
  threshold integer NOT NULL,
  tenant_id integer NOT NULL,
  spent_nanos bigint NOT NULL,
  crossed_at timestamptz NOT NULL DEFAULT now(),
  -- The fence: a threshold is crossed once in a period, however often and by whomever it is evaluated.
  PRIMARY KEY (budget_id, period_start, threshold)
);

CREATE TABLE alerting.channels (
  channel_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('webhook')),
  url text NOT NULL,
  -- AES-256-GCM: 12 bytes of nonce, then the ciphertext with its tag.
  encrypted_secret bytea NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_reason text,
  deleted_at timestamptz
);
CREATE INDEX channels_tenant ON alerting.channels (tenant_id, created_at) WHERE deleted_at IS NULL;

CREATE TABLE alerting.deliveries (
  delivery_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  channel_id uuid NOT NULL REFERENCES alerting.channels,
  type text NOT NULL,
  payload text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  last_status integer,
  last_error text
);
CREATE INDEX deliveries_due ON alerting.deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_tenant ON alerting.deliveries (tenant_id, created_at);

GRANT USAGE ON SCHEMA alerting TO tokenledger_alerting;
GRANT SELECT, INSERT, UPDATE ON alerting.budgets, alerting.crossings, alerting.channels, alerting.deliveries
  TO tokenledger_alerting;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['budgets', 'crossings', 'channels', 'deliveries'] LOOP
    EXECUTE format('ALTER TABLE alerting.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON alerting.%I '
                   'USING (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text)) '
                   'WITH CHECK (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text))', t);
  END LOOP;
END $$;
