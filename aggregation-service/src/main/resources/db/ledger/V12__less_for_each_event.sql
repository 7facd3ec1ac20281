-- Less is written for each event: zero takes no room, and minutes are kept for some days alone.

-- A sum that is null is zero, as with the events: most measures of most rows are.
DO $$
DECLARE
  t text;
  c text;
BEGIN
  FOREACH t IN ARRAY ARRAY['rollup_minute', 'rollup_hour', 'rollup_day', 'user_sums'] LOOP
    FOR c IN SELECT attname FROM pg_attribute
        WHERE attrelid = format('ledger.%I', t)::regclass AND attnum > 0 AND NOT attisdropped
          AND atttypid = 'bigint'::regtype AND attname NOT IN ('series_id', 'version') LOOP
      EXECUTE format('ALTER TABLE ledger.%I ALTER COLUMN %I DROP NOT NULL, ALTER COLUMN %I DROP DEFAULT', t, c, c);
    END LOOP;
  END LOOP;
END $$;
-- Was needed once, for what was settled before there were API keys.
DROP FUNCTION ledger.fill_api_key_rollups();

CREATE TABLE ledger.minute_horizon (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  minutes_from timestamptz NOT NULL
);
COMMENT ON TABLE ledger.minute_horizon IS
  'Sums and sketches by minute exist for buckets from here on; without a row, for all.';
GRANT SELECT, INSERT, UPDATE ON ledger.minute_horizon TO tokenledger_aggregation;
GRANT SELECT ON ledger.minute_horizon TO tokenledger_alerting, tokenledger_reporting;

CREATE OR REPLACE FUNCTION ledger.ensure_partitions(day date) RETURNS void
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
    CONTINUE WHEN parent IN ('rollup_minute', 'sketch_minute')
      AND until_day <= (SELECT minutes_from AT TIME ZONE 'UTC' FROM ledger.minute_horizon);
    part := parent || '_' || to_char(from_day, 'YYYYMMDD');
    IF to_regclass(format('ledger.%I', part)) IS NULL THEN
      EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
      IF parent = 'events' THEN
        -- What was written hardly ever changes: nothing is gained by looking at it again and again.
        EXECUTE format('ALTER TABLE ledger.%I SET (autovacuum_vacuum_insert_threshold = -1, '
                       'autovacuum_analyze_scale_factor = 1)', part);
      ELSE
        -- Room on the page for the new version of a row that is updated many times in its period; of
        -- history that comes at once hardly any is.
        EXECUTE format('ALTER TABLE ledger.%I SET (fillfactor = %s)', part,
                       CASE WHEN until_day < now() AT TIME ZONE 'UTC' THEN 90 ELSE 50 END);
      END IF;
      EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)',
                     parent, part, from_day::text || ' 00:00:00+00', until_day::text || ' 00:00:00+00');
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.%I TO tokenledger_aggregation', part);
    END IF;
  END LOOP;
END $$;

-- Removes the minutes of days that lie a day before the horizon: a question that began before the horizon
-- moved still reads them. Waits for nobody: what is in use goes the next time.
CREATE FUNCTION ledger.drop_old_minutes() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '200ms' AS $$
DECLARE
  horizon timestamptz := (SELECT minutes_from FROM ledger.minute_horizon);
  part text;
  dropped integer := 0;
BEGIN
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent IN ('ledger.rollup_minute'::regclass, 'ledger.sketch_minute'::regclass)
        AND right(c.relname, 8) < to_char(horizon AT TIME ZONE 'UTC' - interval '1 day', 'YYYYMMDD')
      ORDER BY c.relname LOOP
    BEGIN
      EXECUTE format('DROP TABLE ledger.%I', part);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN
      RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION ledger.drop_old_minutes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.drop_old_minutes() TO tokenledger_aggregation;

-- Events that could not be settled, so that their tenant sees them; the blocks themselves lie in Redis.
CREATE TABLE ledger.dead_events (
  tenant_id integer NOT NULL,
  -- The block in the dead letters that holds the event and nothing else.
  block_id uuid NOT NULL,
  event_id text NOT NULL,
  event_time timestamptz NOT NULL,
  source text NOT NULL,
  reason text NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, block_id)
);
ALTER TABLE ledger.dead_events ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.dead_events TO tokenledger_aggregation;
GRANT SELECT ON ledger.dead_events TO tokenledger_alerting, tokenledger_reporting;
CREATE POLICY writer ON ledger.dead_events TO tokenledger_aggregation USING (true) WITH CHECK (true);
CREATE POLICY tenant ON ledger.dead_events FOR SELECT TO tokenledger_alerting, tokenledger_reporting
  USING (tenant_id = nullif(nullif(current_setting('tokenledger.tenant_id', true), ''), '*')::integer);
