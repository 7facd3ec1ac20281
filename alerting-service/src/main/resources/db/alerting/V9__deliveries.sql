-- Deliveries that somebody has asked for, ones to a single address, and an end of what is kept.

ALTER TABLE alerting.deliveries
  -- Asked for by a person, with the test button or a replay: sent also while the channel is disabled.
  ADD COLUMN requested boolean NOT NULL DEFAULT false,
  -- Of a mail that some of the channel's addresses have yet to get; null for all of the channel's.
  ADD COLUMN recipients text[];

-- What has ended is deleted after a while; from then on next_attempt_at is when it ended, or when the
-- last claim on it ran out.
CREATE INDEX deliveries_ended ON alerting.deliveries (next_attempt_at) WHERE status <> 'pending';
CREATE INDEX incidents_ended ON alerting.incidents (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX silences_ended ON alerting.silences (ends_at);
GRANT DELETE ON alerting.deliveries, alerting.delivery_attempts, alerting.incidents, alerting.incident_history,
  alerting.silences TO tokenledger_alerting;
-- Former secrets, too, are encrypted anew when the key changes.
GRANT UPDATE ON alerting.former_secrets TO tokenledger_alerting;

-- Of a deleted channel nothing is kept that it was reached by.
ALTER TABLE alerting.channels
  DROP CONSTRAINT channels_parts_check,
  ADD CONSTRAINT channels_parts_check CHECK (deleted_at IS NOT NULL OR CASE type
    WHEN 'webhook' THEN url IS NOT NULL AND encrypted_secret IS NOT NULL
    WHEN 'alertmanager' THEN url IS NOT NULL
    WHEN 'email' THEN cardinality(recipients) > 0
    ELSE encrypted_secret IS NOT NULL END);
UPDATE alerting.channels
SET url = NULL, recipients = NULL, username = NULL, encrypted_secret = NULL, secret_hint = NULL
WHERE deleted_at IS NOT NULL;
DELETE FROM alerting.former_secrets f USING alerting.channels c
WHERE c.channel_id = f.channel_id AND c.deleted_at IS NOT NULL;
