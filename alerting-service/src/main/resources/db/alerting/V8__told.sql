-- What a channel knows an incident by, from its beginning to its end, whatever becomes of its labels and of the
-- grouping meanwhile.

ALTER TABLE alerting.told
  ADD COLUMN dedupe_key text,
  -- The labels that the incidents of its group have in common; null for what was told alone.
  ADD COLUMN group_labels jsonb;

-- What was told before: under the key of the latest delivery that names the incident.
UPDATE alerting.told t SET dedupe_key = coalesce(k.dedupe_key, k.condition_key), group_labels = k.group_labels
FROM (
  SELECT t.incident_id, t.channel_id, i.condition_key, d.dedupe_key, d.group_labels
  FROM alerting.told t JOIN alerting.incidents i USING (incident_id)
  LEFT JOIN LATERAL (
    SELECT d.dedupe_key,
      CASE WHEN d.dedupe_key <> i.condition_key THEN d.payload::jsonb -> 'labels' END AS group_labels
    FROM alerting.deliveries d
    -- Clocks of several machines differ.
    WHERE d.channel_id = t.channel_id AND d.created_at > i.opened_at - interval '1 hour'
      AND (d.dedupe_key = i.condition_key
        OR d.dedupe_key LIKE 'group:%' AND position(t.incident_id::text IN d.payload) > 0)
    ORDER BY d.sequence DESC LIMIT 1) d ON true) k
WHERE k.incident_id = t.incident_id AND k.channel_id = t.channel_id;

ALTER TABLE alerting.told ALTER COLUMN dedupe_key SET NOT NULL;
DROP INDEX alerting.told_channel;
CREATE INDEX told_channel ON alerting.told (channel_id, dedupe_key);
