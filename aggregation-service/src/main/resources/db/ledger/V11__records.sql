-- Several records of one event, in any order: which of them said what, what the event inherits from the
-- spans above it, and what these say. An aggregation service of the version before must not settle
-- beside this one: it would let the first record of a span win, whatever comes.

ALTER TABLE ledger.events
  -- Bits of the dimensions that come from the spans above; null for none.
  ADD COLUMN inherited smallint,
  -- Which record said what; null while one record alone made the event.
  ADD COLUMN provenance jsonb;

ALTER TABLE ledger.spans
  DROP COLUMN call_event_key,
  DROP COLUMN call_time,
  -- Whether an event with the id trace/span was read off it.
  ADD COLUMN event boolean NOT NULL DEFAULT false,
  -- Ids of agent, feature, user, session, provider and model that the span says; null for none.
  ADD COLUMN names integer[],
  -- Which copy of the span said them: the one with most names, then the latest.
  ADD COLUMN names_rank bigint,
  -- The same ids as its events inherit them now; null for none.
  ADD COLUMN inherited integer[];

ALTER TABLE ledger.adjustments DROP CONSTRAINT adjustments_reason_check;
ALTER TABLE ledger.adjustments ADD CONSTRAINT adjustments_reason_check
  CHECK (reason IN ('amended', 'repriced', 'wrapper', 'inherited'));

-- A block whose parts are settled one by one, because it could not be settled as a whole.
ALTER TABLE ledger.settled_blocks ADD COLUMN divided boolean NOT NULL DEFAULT false;
