-- The ledger: events, their rollups and what is needed to keep both exact.
--
-- Owned and written by the aggregation service alone. Reporting and alerting read it under row-level
-- security: they see the tenant named by the setting tokenledger.tenant_id of their transaction, and
-- nothing without it or under '*', which stands for all tenants elsewhere. The writer adds rows of whole days by COPY straight into the partitions.

CREATE TABLE ledger.dimension_values (
  tenant_id integer NOT NULL,
  dimension smallint NOT NULL,
  value_id integer NOT NULL,
  value text NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  -- Not in the order of the other index: with nothing known of a new table, the planner takes either
  -- of two that begin alike, and would read a whole dimension for one value.
  PRIMARY KEY (tenant_id, value_id, dimension),
  UNIQUE (tenant_id, dimension, value)
);
COMMENT ON TABLE ledger.dimension_values IS
  'Dictionary of dimension values. Ids are dense for each tenant and dimension, from 2; 0 is (none), 1 is (other).';

CREATE TABLE ledger.dimension_sizes (
  tenant_id integer NOT NULL,
  dimension smallint NOT NULL,
  -- The number that the next new value gets.
  next_id integer NOT NULL,
  PRIMARY KEY (tenant_id, dimension)
);

CREATE TABLE ledger.dimension_overflow (
  tenant_id integer NOT NULL,
  dimension smallint NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  example text NOT NULL,
  PRIMARY KEY (tenant_id, dimension)
);
COMMENT ON TABLE ledger.dimension_overflow IS
  'Dimensions whose bound was reached: later values are counted as (other).';

CREATE TABLE ledger.series (
  tenant_id integer NOT NULL,
  series_id bigint NOT NULL,
  cuboid smallint NOT NULL,
  type integer, project integer, environment integer, provider integer, model integer,
  agent integer, feature integer, status integer, error_type integer, tool integer,
  prompt integer, prompt_version integer, "user" integer, session integer,
  tag_key integer, tag_value integer,
  -- All of them in one value: unlike columns, elements of arrays that are null are equal.
  key integer[] NOT NULL GENERATED ALWAYS AS (ARRAY[
    type, project, environment, provider, model, agent, feature, status,
    error_type, tool, prompt, prompt_version, "user", session, tag_key, tag_value]) STORED,
  PRIMARY KEY (tenant_id, series_id),
  UNIQUE (tenant_id, cuboid, key)
);
COMMENT ON TABLE ledger.series IS
  'Combinations of dimension values, each belonging to one cuboid. A column is null when the cuboid lacks the dimension.';
CREATE SEQUENCE ledger.series_ids;

CREATE TABLE ledger.event_identity (
  generation integer NOT NULL,
  tenant_id integer NOT NULL,
  event_key uuid NOT NULL,
  time timestamptz NOT NULL,
  -- Whether an update has had a part in the event: then what comes late may still fill gaps.
  amended boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, event_key, generation)
) PARTITION BY LIST (generation);
-- No row-level security, which COPY does not go with: nobody but the writer may see this table.
COMMENT ON TABLE ledger.event_identity IS
  'The fence against counting an event twice: one row for each event. The key is the 128-bit hash of the event id.';

CREATE TABLE ledger.identity_generations (
  generation integer PRIMARY KEY,
  begun_at timestamptz NOT NULL DEFAULT now(),
  -- When the next one began; null for the one that takes new identities.
  sealed_at timestamptz,
  -- A Bloom filter of the identities, made after it was sealed.
  filter bytea
);
COMMENT ON TABLE ledger.identity_generations IS
  'Partitions of ledger.event_identity. Only the newest takes new identities, so that its index stays small enough for memory; the others are looked into by their filters first.';

-- Begins the next generation unless that has happened since the caller looked. Whoever claims
-- identities shares the lock until the end of the transaction: all of them see the same newest
-- generation, and what is sealed gets nothing more.
CREATE FUNCTION ledger.begin_identity_generation(newest integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  part text := 'event_identity_' || (newest + 1);
BEGIN
  PERFORM pg_advisory_xact_lock(730584, 1);
  IF newest <> coalesce((SELECT max(generation) FROM ledger.identity_generations), 0) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.event_identity INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
  EXECUTE format('ALTER TABLE ledger.%I SET (autovacuum_vacuum_insert_threshold = -1, '
                 'autovacuum_analyze_scale_factor = 1)', part);
  EXECUTE format('ALTER TABLE ledger.event_identity ATTACH PARTITION ledger.%I FOR VALUES IN (%s)', part, newest + 1);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.%I TO tokenledger_aggregation', part);
  UPDATE ledger.identity_generations SET sealed_at = now() WHERE generation = newest;
  INSERT INTO ledger.identity_generations (generation) VALUES (newest + 1);
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION ledger.begin_identity_generation(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.begin_identity_generation(integer) TO tokenledger_aggregation;
DO $$ BEGIN PERFORM ledger.begin_identity_generation(0); END $$;

CREATE TABLE ledger.settled_blocks (
  block_id uuid PRIMARY KEY,
  shard integer NOT NULL,
  writer bigint NOT NULL,
  sequence bigint NOT NULL,
  events integer NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ledger.settled_blocks IS
  'The fence against settling a block twice; a hole in a writer''s sequence is a lost block.';
CREATE INDEX settled_blocks_time ON ledger.settled_blocks USING brin (settled_at);

CREATE TABLE ledger.events (
  tenant_id integer NOT NULL,
  time timestamptz NOT NULL,
  event_key uuid NOT NULL,
  event_id text NOT NULL,
  -- When the door admitted what the row now holds, in microseconds; a later update replaces it.
  version bigint NOT NULL,
  -- False for a record that only wraps a call counted elsewhere in its trace.
  counted boolean NOT NULL,
  type integer NOT NULL, project integer NOT NULL, environment integer NOT NULL,
  provider integer NOT NULL, model integer NOT NULL, agent integer NOT NULL,
  feature integer NOT NULL, status integer NOT NULL, error_type integer NOT NULL,
  tool integer NOT NULL, prompt integer NOT NULL, prompt_version integer NOT NULL,
  "user" integer NOT NULL, session integer NOT NULL,
  operation integer NOT NULL, service_tier integer NOT NULL, price_version integer NOT NULL,
  -- Ids of tag keys and values in turn; null without tags.
  tags integer[],
  trace_id text,
  span_id text,
  parent_span_id text,
  -- Why there is no cost; null when there is one, and for what has no cost.
  unpriced_reason text,
  -- What only the detail view and repricing need; null when there is nothing of it.
  detail jsonb,
  -- The measures, as the rollups have them; null is zero.
  model_calls bigint,
  agent_runs bigint,
  steps bigint,
  user_actions bigint,
  errors bigint,
  unpriced_calls bigint,
  cache_hits bigint,
  flagged_calls bigint,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  audio_input_tokens bigint,
  audio_output_tokens bigint,
  image_input_tokens bigint,
  image_output_tokens bigint,
  input_cost_nanos bigint,
  output_cost_nanos bigint,
  cached_input_cost_nanos bigint,
  cache_write_cost_nanos bigint,
  reasoning_cost_nanos bigint,
  audio_input_cost_nanos bigint,
  audio_output_cost_nanos bigint,
  image_input_cost_nanos bigint,
  image_output_cost_nanos bigint,
  request_cost_nanos bigint,
  cost_nanos bigint,
  reported_cost_nanos bigint,
  reported_cost_calls bigint,
  latency_sum_us bigint,
  latency_count bigint,
  time_to_first_token_sum_us bigint,
  time_to_first_token_count bigint,
  duration_sum_us bigint,
  duration_count bigint,
  PRIMARY KEY (tenant_id, time, event_key)
) PARTITION BY RANGE (time);
CREATE INDEX events_trace ON ledger.events (tenant_id, trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX events_unpriced ON ledger.events (tenant_id, model, time) WHERE unpriced_reason IS NOT NULL;

CREATE TABLE ledger.rollup_minute (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  -- Grows with every change, so that an older copy of the row never replaces a newer one.
  version bigint NOT NULL DEFAULT 1,
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
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.sketch_minute (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  sketches bytea NOT NULL,
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.rollup_hour (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  -- Grows with every change, so that an older copy of the row never replaces a newer one.
  version bigint NOT NULL DEFAULT 1,
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
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.sketch_hour (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  sketches bytea NOT NULL,
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.rollup_day (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  -- Grows with every change, so that an older copy of the row never replaces a newer one.
  version bigint NOT NULL DEFAULT 1,
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
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.sketch_day (
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  sketches bytea NOT NULL,
  PRIMARY KEY (tenant_id, cuboid, bucket, series_id)
) PARTITION BY RANGE (bucket);

CREATE TABLE ledger.sketch_journal (
  journal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL,
  cuboid smallint NOT NULL,
  -- Start of the bucket of the cuboid's finest grain.
  bucket timestamptz NOT NULL,
  series_id bigint NOT NULL,
  sketches bytea NOT NULL
);
CREATE INDEX sketch_journal_bucket ON ledger.sketch_journal (tenant_id, cuboid, bucket);
COMMENT ON TABLE ledger.sketch_journal IS
  'Sketches of single batches, written with their sums and folded into the sketch tables soon after: a reader adds both.';

CREATE TABLE ledger.spans (
  tenant_id integer NOT NULL,
  trace_id text NOT NULL,
  span_id text NOT NULL,
  parent_span_id text,
  call_event_id text,
  call_event_key uuid,
  call_time timestamptz,
  call_tokens bigint NOT NULL DEFAULT 0,
  call_counted boolean NOT NULL DEFAULT false,
  response_id text,
  tool boolean NOT NULL DEFAULT false,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, trace_id, span_id)
);
CREATE INDEX spans_seen ON ledger.spans USING brin (seen_at);
COMMENT ON TABLE ledger.spans IS
  'The places of spans in their traces, kept so long as further spans of a trace may arrive.';

CREATE TABLE ledger.adjustments (
  adjustment_id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id integer NOT NULL,
  adjusted_at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL CHECK (reason IN ('amended', 'repriced', 'wrapper')),
  actor text NOT NULL,
  event_id text NOT NULL,
  event_key uuid NOT NULL,
  event_time timestamptz NOT NULL,
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  PRIMARY KEY (tenant_id, adjustment_id)
);
COMMENT ON TABLE ledger.adjustments IS
  'Audit of every change to a stored event: what it was and what it became.';

CREATE TABLE ledger.completeness (
  tenant_id integer NOT NULL,
  hour timestamptz NOT NULL,
  source text NOT NULL,
  received bigint NOT NULL DEFAULT 0,
  accepted bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  stored bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  amended bigint NOT NULL DEFAULT 0,
  first_admitted_at timestamptz NOT NULL,
  last_admitted_at timestamptz NOT NULL,
  last_event_at timestamptz,
  max_lag_ms bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, hour, source)
);
COMMENT ON TABLE ledger.completeness IS
  'What each source sent, by the hour of admission, and what became of it. received = accepted + rejected; accepted = stored + duplicates + amended.';

CREATE TABLE ledger.admitted (
  tenant_id integer NOT NULL,
  -- Hour in which the events started, unlike in the completeness meter.
  hour timestamptz NOT NULL,
  accepted bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  amended bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, hour)
);
COMMENT ON TABLE ledger.admitted IS
  'What was settled, by the hour of the event: accepted - duplicates - amended is the number of rows that must be there.';

CREATE TABLE ledger.rejections (
  tenant_id integer NOT NULL,
  hour timestamptz NOT NULL,
  source text NOT NULL,
  reason text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (tenant_id, hour, source, reason)
);

CREATE TABLE ledger.freshness (
  tenant_id integer PRIMARY KEY,
  -- Everything admitted until then on this tenant's behalf that had reached its turn is settled.
  settled_admissions_until timestamptz NOT NULL,
  last_event_at timestamptz NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledger.repricings (
  repricing_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'done', 'failed')),
  request jsonb NOT NULL,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  events_examined bigint NOT NULL DEFAULT 0,
  events_changed bigint NOT NULL DEFAULT 0,
  cost_before_nanos bigint NOT NULL DEFAULT 0,
  cost_after_nanos bigint NOT NULL DEFAULT 0,
  cursor jsonb,
  error text
);

-- Partitions: events and minutes by day, hours by month, days by year. A partition is made apart and
-- then attached, which lets reads and writes of the others go on.
CREATE FUNCTION ledger.ensure_partitions(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  parent text;
  from_day date;
  until_day date;
  part text;
BEGIN
  -- One at a time: two services that need the same day do not race for its name.
  PERFORM pg_advisory_xact_lock(7305801, 1);
  FOREACH parent IN ARRAY ARRAY['events', 'rollup_minute', 'sketch_minute', 'rollup_hour',
                                'sketch_hour', 'rollup_day', 'sketch_day'] LOOP
    IF parent IN ('events', 'rollup_minute', 'sketch_minute') THEN
      from_day := day;
      until_day := day + 1;
    ELSIF parent IN ('rollup_hour', 'sketch_hour') THEN
      from_day := date_trunc('month', day::timestamp)::date;
      until_day := (from_day + interval '1 month')::date;
    ELSE
      from_day := date_trunc('year', day::timestamp)::date;
      until_day := (from_day + interval '1 year')::date;
    END IF;
    part := parent || '_' || to_char(from_day, 'YYYYMMDD');
    IF to_regclass(format('ledger.%I', part)) IS NULL THEN
      EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
      IF parent = 'events' THEN
        -- What was written hardly ever changes: nothing is gained by looking at it again and again.
        EXECUTE format('ALTER TABLE ledger.%I SET (autovacuum_vacuum_insert_threshold = -1, '
                       'autovacuum_analyze_scale_factor = 1)', part);
      ELSE
        -- Room on the page for the new version of a row that is updated many times in its period.
        EXECUTE format('ALTER TABLE ledger.%I SET (fillfactor = 50)', part);
      END IF;
      EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)',
                     parent, part, from_day::text || ' 00:00:00+00', until_day::text || ' 00:00:00+00');
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.%I TO tokenledger_aggregation', part);
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION ledger.ensure_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.ensure_partitions(date) TO tokenledger_aggregation;

GRANT USAGE ON SCHEMA ledger TO tokenledger_aggregation, tokenledger_alerting, tokenledger_reporting, tokenledger_ingest;
GRANT USAGE ON SEQUENCE ledger.series_ids TO tokenledger_aggregation;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['dimension_values', 'dimension_sizes', 'dimension_overflow', 'series', 'event_identity', 'events',
      'rollup_minute', 'rollup_hour', 'rollup_day', 'sketch_minute', 'sketch_hour', 'sketch_day',
      'sketch_journal', 'spans', 'adjustments', 'completeness', 'admitted', 'rejections', 'freshness', 'repricings'] LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.%I TO tokenledger_aggregation', t);
    CONTINUE WHEN t = 'event_identity';
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY writer ON ledger.%I TO tokenledger_aggregation USING (true) WITH CHECK (true)', t);
    IF t <> 'spans' THEN
      EXECUTE format('GRANT SELECT ON ledger.%I TO tokenledger_alerting, tokenledger_reporting', t);
      EXECUTE format('CREATE POLICY tenant ON ledger.%I FOR SELECT TO tokenledger_alerting, tokenledger_reporting '
                     'USING (tenant_id = nullif(nullif(current_setting(''tokenledger.tenant_id'', true), ''''), ''*'')::integer)', t);
    END IF;
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.settled_blocks TO tokenledger_aggregation;
GRANT SELECT, UPDATE ON ledger.identity_generations TO tokenledger_aggregation;
