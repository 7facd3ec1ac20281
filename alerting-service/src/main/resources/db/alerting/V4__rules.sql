-- Rules, and what is known of the conditions that hold. Owned and written by the alerting service.

CREATE TABLE alerting.rules (
  rule_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  name text NOT NULL,
  -- The rule as the API shows it, without what has a column of its own.
  definition jsonb NOT NULL,
  enabled boolean NOT NULL,
  -- What people should know of its evaluation: an error, or values that are not watched.
  note text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  -- Changes with every change of the definition: an evaluation of an older one is dropped.
  version integer NOT NULL DEFAULT 1,
  -- The latest evaluation of which something was written: end of its window, and the ledger's
  -- revision before it was read. Of two processes, the one that read earlier writes nothing.
  evaluated_until timestamptz,
  evaluated_revision bigint,
  deleted_at timestamptz
);
CREATE INDEX rules_tenant ON alerting.rules (tenant_id, rule_id) WHERE deleted_at IS NULL;

-- One row for each series of a rule whose condition holds: pending until it has held long enough.
CREATE TABLE alerting.rule_states (
  rule_id uuid NOT NULL REFERENCES alerting.rules,
  -- The value of the dimension that the rule is evaluated for each of; empty for a rule without.
  series text NOT NULL,
  tenant_id integer NOT NULL,
  -- End of the window in which the condition was first found to hold.
  pending_since timestamptz NOT NULL,
  -- Whether an incident was made of it.
  firing boolean NOT NULL DEFAULT false,
  -- What is told of it, and when that was put together.
  told jsonb,
  told_at timestamptz,
  PRIMARY KEY (rule_id, series)
);

GRANT SELECT, INSERT, UPDATE ON alerting.rules TO tokenledger_alerting;
GRANT SELECT, INSERT, UPDATE, DELETE ON alerting.rule_states TO tokenledger_alerting;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['rules', 'rule_states'] LOOP
    EXECUTE format('ALTER TABLE alerting.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON alerting.%I '
                   'USING (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text)) '
                   'WITH CHECK (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text))', t);
  END LOOP;
END $$;
