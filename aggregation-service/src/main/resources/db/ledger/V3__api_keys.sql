-- The API key by which an event came, as a dimension. What is stored already came by none that is
-- known. An aggregation service of the version before goes on under this schema.

ALTER TABLE ledger.events ADD COLUMN api_key integer NOT NULL DEFAULT 0;

-- The key of a series stays as it was where it has no API key: the version before looks for it so.
ALTER TABLE ledger.series DROP COLUMN key;
ALTER TABLE ledger.series ADD COLUMN api_key integer;
ALTER TABLE ledger.series ADD COLUMN key integer[] NOT NULL GENERATED ALWAYS AS (
  CASE WHEN api_key IS NULL THEN ARRAY[
    type, project, environment, provider, model, agent, feature, status,
    error_type, tool, prompt, prompt_version, "user", session, tag_key, tag_value]
  ELSE ARRAY[
    type, project, environment, provider, model, agent, feature, status,
    error_type, tool, prompt, prompt_version, "user", session, tag_key, tag_value, api_key]
  END) STORED;
ALTER TABLE ledger.series ADD UNIQUE (tenant_id, cuboid, key);

-- Adds to the cuboid of API keys (12) what the one of models (2) has more, under the key (none). Needed
-- once for what was settled before the cuboid was there, and again after an aggregation service of
-- the version before has gone on beside a newer one. Answers how many rows were changed.
CREATE FUNCTION ledger.fill_api_key_rollups() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  rollup text;
  measures text;
  differences text;
  any_difference text;
  additions text;
  changed bigint;
  total bigint := 0;
BEGIN
  -- The same lock as that of whoever changes a tenant's sums.
  PERFORM pg_advisory_xact_lock(730583, tenant_id)
    FROM (SELECT DISTINCT tenant_id FROM ledger.series WHERE cuboid = 2 ORDER BY tenant_id) AS tenants;
  SELECT string_agg(quote_ident(attname), ', '),
      string_agg(format('sum(CASE r.cuboid WHEN 2 THEN r.%1$I ELSE -r.%1$I END)::bigint AS %1$I', attname), ', '),
      string_agg(format('d.%I <> 0', attname), ' OR '),
      string_agg(format('%1$I = t.%1$I + excluded.%1$I', attname), ', ')
    INTO measures, differences, any_difference, additions
    FROM pg_attribute
    WHERE attrelid = 'ledger.rollup_hour'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('tenant_id', 'cuboid', 'bucket', 'series_id', 'version');
  INSERT INTO ledger.series (tenant_id, series_id, cuboid, type, project, environment, model, api_key)
    SELECT tenant_id, nextval('ledger.series_ids'), 12, type, project, environment, model, 0
    FROM (SELECT DISTINCT tenant_id, type, project, environment, model FROM ledger.series WHERE cuboid = 2) AS s
    ON CONFLICT (tenant_id, cuboid, key) DO NOTHING;
  FOREACH rollup IN ARRAY ARRAY['rollup_hour', 'rollup_day'] LOOP
    EXECUTE format(
      'INSERT INTO ledger.%1$I AS t (tenant_id, cuboid, bucket, series_id, %2$s)
       SELECT d.tenant_id, 12, d.bucket, n.series_id, %3$s
       FROM (SELECT r.tenant_id, r.bucket, s.type, s.project, s.environment, s.model, %4$s
             FROM ledger.%1$I r JOIN ledger.series s USING (tenant_id, series_id)
             WHERE r.cuboid IN (2, 12)
             GROUP BY 1, 2, 3, 4, 5, 6) AS d
       JOIN ledger.series n ON n.cuboid = 12 AND n.api_key = 0 AND n.tenant_id = d.tenant_id AND n.type = d.type
         AND n.project = d.project AND n.environment = d.environment AND n.model = d.model
       WHERE %5$s
       ON CONFLICT (tenant_id, cuboid, bucket, series_id) DO UPDATE SET version = t.version + 1, %6$s',
      rollup, measures, (SELECT string_agg('d.' || m, ', ') FROM unnest(string_to_array(measures, ', ')) AS m),
      differences, any_difference, additions);
    GET DIAGNOSTICS changed = ROW_COUNT;
    total := total + changed;
  END LOOP;
  IF total > 0 THEN
    UPDATE ledger.revisions SET revision = revision + 1;
  END IF;
  RETURN total;
END $$;
REVOKE ALL ON FUNCTION ledger.fill_api_key_rollups() FROM PUBLIC;
SELECT ledger.fill_api_key_rollups();
