-- Incidents: what holds or held, what was done about it, and what is still to be told of it.

CREATE TABLE alerting.incidents (
  incident_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  condition_key text NOT NULL,
  source text NOT NULL,
  source_id uuid,
  status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
  -- The highest that was reported.
  level integer NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  type text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  labels jsonb NOT NULL,
  facts jsonb NOT NULL,
  data jsonb NOT NULL,
  channels uuid[] NOT NULL,
  assignee text,
  opened_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  resolved_by text,
  -- When the condition ended; null while it holds, also for one that somebody has resolved by hand.
  ended_at timestamptz,
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK (status = 'resolved' OR ended_at IS NULL)
);
-- The fence: one condition has one incident from its beginning to its end, whoever reports it. With
-- the check above it also means one unresolved incident at most.
CREATE UNIQUE INDEX incidents_condition ON alerting.incidents (tenant_id, condition_key) WHERE ended_at IS NULL;
CREATE INDEX incidents_held ON alerting.incidents (tenant_id, source, source_id) WHERE ended_at IS NULL;
CREATE INDEX incidents_page ON alerting.incidents (tenant_id, opened_at DESC, incident_id DESC);

CREATE TABLE alerting.incident_history (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL,
  incident_id uuid NOT NULL REFERENCES alerting.incidents,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  event text NOT NULL CHECK (event IN ('opened', 'escalated', 'acknowledged', 'reopened', 'resolved', 'commented', 'assigned')),
  from_status text CHECK (from_status IN ('open', 'acknowledged', 'resolved')),
  to_status text NOT NULL CHECK (to_status IN ('open', 'acknowledged', 'resolved')),
  level integer NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  comment text,
  -- The notification of a transition that is told, as of then.
  message text
);
CREATE INDEX incident_history_incident ON alerting.incident_history (incident_id, entry_id);

-- Transitions that a channel has not been told of. A row is made in the transition's transaction, and
-- removed in the one that makes the delivery.
CREATE TABLE alerting.untold (
  entry_id bigint NOT NULL REFERENCES alerting.incident_history,
  channel_id uuid NOT NULL REFERENCES alerting.channels,
  tenant_id integer NOT NULL,
  incident_id uuid NOT NULL REFERENCES alerting.incidents,
  created_at timestamptz NOT NULL,
  -- When it is looked at next.
  due_at timestamptz NOT NULL,
  -- Whether it was due and muted.
  muted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (entry_id, channel_id)
);
CREATE INDEX untold_due ON alerting.untold (due_at);
CREATE INDEX untold_channel ON alerting.untold (channel_id, due_at);
CREATE INDEX untold_incident ON alerting.untold (incident_id);

-- Channels that have been told of an incident and not of its end.
CREATE TABLE alerting.told (
  incident_id uuid NOT NULL REFERENCES alerting.incidents,
  channel_id uuid NOT NULL REFERENCES alerting.channels,
  tenant_id integer NOT NULL,
  told_at timestamptz NOT NULL,
  -- When it is told again while nobody has acknowledged it; null for never.
  remind_at timestamptz,
  PRIMARY KEY (incident_id, channel_id)
);
CREATE INDEX told_channel ON alerting.told (channel_id);
CREATE INDEX told_remind ON alerting.told (remind_at) WHERE remind_at IS NOT NULL;

-- How a tenant's notifications are put together; no row for the defaults.
CREATE TABLE alerting.grouping (
  tenant_id integer PRIMARY KEY,
  group_by text[] NOT NULL,
  group_wait_ms bigint NOT NULL,
  group_interval_ms bigint NOT NULL,
  repeat_interval_ms bigint NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL
);

-- When a channel was last told of a group.
CREATE TABLE alerting.groups_told (
  channel_id uuid NOT NULL REFERENCES alerting.channels,
  group_key text NOT NULL,
  tenant_id integer NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (channel_id, group_key)
);

CREATE TABLE alerting.silences (
  silence_id uuid PRIMARY KEY,
  tenant_id integer NOT NULL,
  matchers jsonb NOT NULL,
  starts_at timestamptz NOT NULL,
  -- Moved to the time at which it was ended by hand.
  ends_at timestamptz NOT NULL CHECK (ends_at >= starts_at),
  comment text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_by text
);
CREATE INDEX silences_tenant ON alerting.silences (tenant_id, ends_at);

GRANT SELECT, INSERT, UPDATE ON alerting.incidents, alerting.grouping, alerting.silences TO tokenledger_alerting;
GRANT SELECT, INSERT ON alerting.incident_history TO tokenledger_alerting;
GRANT SELECT, INSERT, UPDATE, DELETE ON alerting.untold, alerting.told, alerting.groups_told TO tokenledger_alerting;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['incidents', 'incident_history', 'untold', 'told', 'grouping', 'groups_told', 'silences'] LOOP
    EXECUTE format('ALTER TABLE alerting.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON alerting.%I '
                   'USING (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text)) '
                   'WITH CHECK (current_setting(''tokenledger.tenant_id'', true) IN (''*'', tenant_id::text))', t);
  END LOOP;
END $$;
