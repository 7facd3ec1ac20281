-- Admission: who may report, under which prices and rules. Owned and written by the ingest service;
-- every process reads tenants, projects and keys to recognise its callers.

CREATE TABLE admission.tenants (
  tenant_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE admission.projects (
  tenant_id integer NOT NULL REFERENCES admission.tenants,
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  description text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name)
);

CREATE TABLE admission.api_keys (
  key_id text PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES admission.tenants,
  -- The project that reports come in for; null for a key of the whole tenant.
  project text,
  name text NOT NULL,
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['ingest', 'read', 'admin'] AND cardinality(scopes) > 0),
  -- SHA-256 of the secret, which is 256 random bits: nothing slower is needed against guessing.
  secret_hash bytea NOT NULL,
  -- True for a pair of public and secret key, as Langfuse clients send it.
  pair boolean NOT NULL DEFAULT false,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  FOREIGN KEY (tenant_id, project) REFERENCES admission.projects (tenant_id, name)
);
CREATE INDEX api_keys_tenant ON admission.api_keys (tenant_id, created_at);

CREATE TABLE admission.prices (
  price_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null for a price of the catalogue, which holds for all tenants.
  tenant_id integer REFERENCES admission.tenants,
  provider text,
  model text NOT NULL,
  valid_from timestamptz,
  valid_until timestamptz,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  source text NOT NULL,
  definition jsonb NOT NULL,
  created_by text NOT NULL,
  CHECK (valid_until IS NULL OR valid_from IS NULL OR valid_until > valid_from)
);
CREATE INDEX prices_model ON admission.prices (tenant_id, model);

CREATE TABLE admission.privacy (
  tenant_id integer PRIMARY KEY REFERENCES admission.tenants,
  -- Key of the pseudonyms (HMAC-SHA-256), made when the tenant is made.
  pseudonym_key bytea NOT NULL,
  masked_attributes text[] NOT NULL DEFAULT '{}',
  kept_tags text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE admission.quotas (
  tenant_id integer PRIMARY KEY REFERENCES admission.tenants,
  events_per_minute bigint CHECK (events_per_minute > 0)
);

-- Grows with every change of what processes keep in memory, so that they know when to read it again.
CREATE TABLE admission.revision (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  value bigint NOT NULL
);
INSERT INTO admission.revision (value) VALUES (1);

CREATE FUNCTION admission.bump_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE admission.revision SET value = value + 1;
  RETURN NULL;
END $$;

CREATE TRIGGER tenants_changed AFTER INSERT OR UPDATE OR DELETE ON admission.tenants
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();
CREATE TRIGGER projects_changed AFTER INSERT OR UPDATE OR DELETE ON admission.projects
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();
CREATE TRIGGER api_keys_changed AFTER INSERT OR DELETE OR UPDATE OF revoked_at, expires_at, scopes ON admission.api_keys
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();
CREATE TRIGGER prices_changed AFTER INSERT OR UPDATE OR DELETE ON admission.prices
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();
CREATE TRIGGER privacy_changed AFTER INSERT OR UPDATE OR DELETE ON admission.privacy
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();
CREATE TRIGGER quotas_changed AFTER INSERT OR UPDATE OR DELETE ON admission.quotas
  FOR EACH STATEMENT EXECUTE FUNCTION admission.bump_revision();

GRANT USAGE ON SCHEMA admission TO tokenledger_ingest, tokenledger_identity, tokenledger_aggregation, tokenledger_reporting, tokenledger_alerting;
GRANT SELECT, INSERT, UPDATE ON admission.tenants, admission.projects, admission.api_keys, admission.prices,
  admission.privacy, admission.quotas TO tokenledger_ingest;
GRANT SELECT ON admission.revision TO tokenledger_ingest, tokenledger_identity, tokenledger_aggregation;
GRANT SELECT ON admission.tenants, admission.projects, admission.api_keys TO tokenledger_identity;
GRANT UPDATE (last_used_at) ON admission.api_keys TO tokenledger_identity;
GRANT SELECT ON admission.tenants TO tokenledger_aggregation, tokenledger_alerting;
-- Repricing reads the prices.
GRANT SELECT ON admission.prices TO tokenledger_aggregation;

-- One tenant's rows are seen under that tenant's identity alone. Loops of the services themselves say
-- '*' in place of a tenant; a transaction that says nothing sees nothing.
CREATE FUNCTION admission.may_see(tenant integer) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT current_setting('tokenledger.tenant_id', true) IN ('*', tenant::text)
$$;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['tenants', 'projects', 'api_keys', 'privacy', 'quotas'] LOOP
    EXECUTE format('ALTER TABLE admission.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON admission.%I USING (admission.may_see(tenant_id)) '
                   'WITH CHECK (admission.may_see(tenant_id))', t);
  END LOOP;
END $$;
ALTER TABLE admission.prices ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON admission.prices USING (tenant_id IS NULL OR admission.may_see(tenant_id))
  WITH CHECK (admission.may_see(tenant_id));
CREATE POLICY catalogue ON admission.prices FOR INSERT
  WITH CHECK (tenant_id IS NULL AND current_setting('tokenledger.tenant_id', true) = '*');
