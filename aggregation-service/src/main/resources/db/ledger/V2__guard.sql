-- What the guard follows the ledger by.

CREATE TABLE ledger.revisions (
  tenant_id integer PRIMARY KEY,
  revision bigint NOT NULL
);
COMMENT ON TABLE ledger.revisions IS
  'Grows by one with every transaction that changes a tenant''s sums. Whoever holds two readings of the sums knows by it which one is the later.';

-- Which reservations were settled by a call that is in the ledger.
CREATE INDEX events_reservation ON ledger.events (tenant_id, (detail ->> 'reservation_id'))
  WHERE detail ? 'reservation_id';

GRANT SELECT, INSERT, UPDATE ON ledger.revisions TO tokenledger_aggregation;
GRANT SELECT ON ledger.revisions TO tokenledger_alerting, tokenledger_reporting;
ALTER TABLE ledger.revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY writer ON ledger.revisions TO tokenledger_aggregation USING (true) WITH CHECK (true);
CREATE POLICY tenant ON ledger.revisions FOR SELECT TO tokenledger_alerting, tokenledger_reporting
  USING (tenant_id = nullif(nullif(current_setting('tokenledger.tenant_id', true), ''), '*')::integer);
