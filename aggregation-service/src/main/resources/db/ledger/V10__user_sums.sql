-- Users without their models, in longer buckets: what a question about people over months reads.

CREATE TABLE ledger.user_sums (
  tenant_id integer NOT NULL,
  -- Length of the bucket; buckets are aligned to the epoch.
  hours smallint NOT NULL,
  bucket timestamptz NOT NULL,
  "user" integer NOT NULL,
  type integer NOT NULL,
  project integer NOT NULL,
  environment integer NOT NULL,
  model_calls bigint NOT NULL DEFAULT 0,
  agent_runs bigint NOT NULL DEFAULT 0,
  steps bigint NOT NULL DEFAULT 0,
  user_actions bigint NOT NULL DEFAULT 0,
  errors bigint NOT NULL DEFAULT 0,
  unpriced_calls bigint NOT NULL DEFAULT 0,
  cache_hits bigint NOT NULL DEFAULT 0,
  flagged_calls bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cached_input_tokens bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  audio_input_tokens bigint NOT NULL DEFAULT 0,
  audio_output_tokens bigint NOT NULL DEFAULT 0,
  image_input_tokens bigint NOT NULL DEFAULT 0,
  image_output_tokens bigint NOT NULL DEFAULT 0,
  input_cost_nanos bigint NOT NULL DEFAULT 0,
  output_cost_nanos bigint NOT NULL DEFAULT 0,
  cached_input_cost_nanos bigint NOT NULL DEFAULT 0,
  cache_write_cost_nanos bigint NOT NULL DEFAULT 0,
  reasoning_cost_nanos bigint NOT NULL DEFAULT 0,
  audio_input_cost_nanos bigint NOT NULL DEFAULT 0,
  audio_output_cost_nanos bigint NOT NULL DEFAULT 0,
  image_input_cost_nanos bigint NOT NULL DEFAULT 0,
  image_output_cost_nanos bigint NOT NULL DEFAULT 0,
  request_cost_nanos bigint NOT NULL DEFAULT 0,
  cost_nanos bigint NOT NULL DEFAULT 0,
  reported_cost_nanos bigint NOT NULL DEFAULT 0,
  reported_cost_calls bigint NOT NULL DEFAULT 0,
  latency_sum_us bigint NOT NULL DEFAULT 0,
  latency_count bigint NOT NULL DEFAULT 0,
  time_to_first_token_sum_us bigint NOT NULL DEFAULT 0,
  time_to_first_token_count bigint NOT NULL DEFAULT 0,
  duration_sum_us bigint NOT NULL DEFAULT 0,
  duration_count bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, hours, bucket, "user", type, project, environment)
);
COMMENT ON TABLE ledger.user_sums IS
  'The sums of the cuboid of users (8) over models. Complete up to the time in ledger.user_sums_complete, and kept so by whoever changes the rollups; empty from there on.';

CREATE TABLE ledger.user_sums_complete (
  tenant_id integer NOT NULL,
  hours smallint NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, hours)
);
COMMENT ON TABLE ledger.user_sums_complete IS
  'Every bucket of ledger.user_sums that ends by then holds all of its rollups. Moves on, and is read by those who change rollups, under the lock of the tenant.';

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['user_sums', 'user_sums_complete'] LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.%I TO tokenledger_aggregation', t);
    EXECUTE format('GRANT SELECT ON ledger.%I TO tokenledger_alerting, tokenledger_reporting', t);
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY writer ON ledger.%I TO tokenledger_aggregation USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY tenant ON ledger.%I FOR SELECT TO tokenledger_alerting, tokenledger_reporting '
                   'USING (tenant_id = nullif(nullif(current_setting(''tokenledger.tenant_id'', true), ''''), ''*'')::integer)', t);
  END LOOP;
END $$;
