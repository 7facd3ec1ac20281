-- What is watched for anomalies. Owned and written by the alerting service.

CREATE TABLE alerting.series_watches (
  tenant_id integer NOT NULL,
  -- Both are empty for all of the tenant's usage.
  dimension text NOT NULL,
  value text NOT NULL,
  -- Start of the first hour that was fed, and of the last one. Who feeds further hours must have
  -- gone on from the last one: of two processes, the second writes nothing.
  first_bucket timestamptz NOT NULL,
  last_bucket timestamptz NOT NULL,
  -- The detectors of the measures, one after the other.
  state bytea NOT NULL,
  -- Of the last hour, one for each measure, in the order of the detectors.
  observed bigint[] NOT NULL,
  expected double precision[] NOT NULL,
  lower_bound double precision[] NOT NULL,
  upper_bound double precision[] NOT NULL,
  -- The anomaly that lasts: its incident's key and level, start of the hour that alarmed last, the
  -- measures that alarmed, and how many hours these have been within their bounds since.
  open_key text,
  open_level integer,
  alarmed_bucket timestamptz,
  alarmed text[],
  calm_hours integer,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, dimension, value),
  CHECK ((open_key IS NULL) = (open_level IS NULL OR alarmed_bucket IS NULL OR alarmed IS NULL
                               OR calm_hours IS NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON alerting.series_watches TO tokenledger_alerting;
ALTER TABLE alerting.series_watches ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alerting.series_watches
  USING (current_setting('tokenledger.tenant_id', true) IN ('*', tenant_id::text))
  WITH CHECK (current_setting('tokenledger.tenant_id', true) IN ('*', tenant_id::text));
