-- The guard estimates what a call will cost, and knows a person by the same pseudonym as the ledger.
GRANT SELECT ON admission.prices, admission.revision TO tokenledger_alerting;
GRANT SELECT (tenant_id, pseudonym_key) ON admission.privacy TO tokenledger_alerting;
