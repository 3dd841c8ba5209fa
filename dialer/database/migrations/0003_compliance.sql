-- May we call them: consents, suppressions, registers, the decision trail, the rights of persons.
-- Each table is named in exactly one module of compliance/store/.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Consents -------------------------------------------------------------------------------------

CREATE TABLE consent_wordings (                          -- what people agreed to, each text once
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256  bytea NOT NULL,
  text    text NOT NULL,
  CONSTRAINT a_wording_is_stored_once UNIQUE (sha256)
);

CREATE TABLE evidence_objects (                          -- what proves a consent, by its content
  sha256      bytea PRIMARY KEY,
  reference   text NOT NULL,                             -- the name it came under
  stored_at   timestamptz NOT NULL,
  CONSTRAINT evidence_is_named_by_sha256 CHECK (octet_length(sha256) = 32)
);

CREATE TABLE attestations (                              -- a controller's signed statement on a whole list
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id      bigint NOT NULL REFERENCES clients,
  list_id        bigint NOT NULL REFERENCES lists,
  statement      text NOT NULL,
  sha256         bytea NOT NULL,                         -- of the signed document
  wording_id     bigint NOT NULL REFERENCES consent_wordings,
  form           text NOT NULL,                          -- the form or address at which consent was given
  given_from     timestamptz NOT NULL,
  given_to       timestamptz NOT NULL,
  attested_by    text NOT NULL,                          -- who signed, in which function
  attested_at    timestamptz NOT NULL,
  sample_size    integer NOT NULL,
  blocked_at     timestamptz,                            -- an audit of the sample failed
  CONSTRAINT one_attestation_per_list UNIQUE (list_id),
  CONSTRAINT the_period_ends_after_it_starts CHECK (given_to >= given_from)
);

CREATE TABLE consents (                                  -- the header never changes; events say what became of it
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id           bigint NOT NULL REFERENCES clients,          -- the controller it was given to
  person_id           bigint NOT NULL REFERENCES people,
  list_id             bigint REFERENCES lists,
  purposes            text[] NOT NULL,
  channels            text[] NOT NULL DEFAULT '{phone}',
  automated           boolean NOT NULL DEFAULT false,    -- covers calls without human intervention
  explicit_special    boolean NOT NULL DEFAULT false,    -- covers special categories of data, GDPR 9(2)(a)
  sectors             text[] NOT NULL DEFAULT '{}',
  out_of_hours        boolean NOT NULL DEFAULT false,
  separate_document   boolean NOT NULL DEFAULT false,
  bound_to            text NOT NULL DEFAULT 'person',
  language            text NOT NULL DEFAULT '',
  wording_id          bigint REFERENCES consent_wordings,
  method              text NOT NULL,
  evidence_reference  text NOT NULL DEFAULT '',          -- as named by who brought it
  evidence_sha256     bytea REFERENCES evidence_objects, -- null: nothing proves it, and the gate refuses
  attestation_id      bigint REFERENCES attestations,
  given_at            timestamptz,                       -- null: unknown, and the gate refuses
  expires_at          timestamptz,
  recorded_at         timestamptz NOT NULL,
  CONSTRAINT consent_is_bound_to_something CHECK (bound_to IN ('person', 'number_only')),
  CONSTRAINT consents_name_a_purpose CHECK (cardinality(purposes) > 0),
  CONSTRAINT consent_method_is_known CHECK (method IN ('web', 'paper', 'voice', 'import'))
);
CREATE INDEX consents_by_person ON consents (person_id, client_id);
CREATE INDEX consents_by_list ON consents (list_id);
CREATE TRIGGER consents_are_not_rewritten BEFORE UPDATE OF purposes, channels, automated, given_at, wording_id
  ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE consent_events (                            -- append-only
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consent_id        bigint NOT NULL REFERENCES consents,
  kind              text NOT NULL,
  at                timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL,
  agent_id          bigint REFERENCES agents,
  call_id           uuid,                                -- the call in which it was said
  recording_second  double precision,                    -- where in its recording
  CONSTRAINT consent_event_is_known CHECK (kind IN (
    'given',             -- the person agreed
    'refused',           -- the person was asked and did not agree
    'confirmed',         -- asked again, agreed again
    'renewed',           -- given anew under the same terms
    'used',              -- a call was made on it
    'withdrawn',         -- the person took it back
    'expired',           -- it ran out
    'register_revoked')) -- an entry in a register revoked it
);
CREATE INDEX consent_events_by_consent ON consent_events (consent_id, at);
CREATE TRIGGER consent_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE attestation_samples (                       -- consents drawn for audit
  attestation_id  bigint NOT NULL REFERENCES attestations,
  consent_id      bigint NOT NULL REFERENCES consents,
  audited_at      timestamptz,
  proven          boolean,
  audited_by      text,
  PRIMARY KEY (attestation_id, consent_id),
  CONSTRAINT an_audit_has_a_result CHECK ((audited_at IS NULL) = (proven IS NULL))
);

CREATE TABLE balancing_tests (                           -- GDPR 6(1)(f): written, or no call
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id   bigint NOT NULL REFERENCES clients,
  purpose     text NOT NULL,
  country     text NOT NULL,
  reference   text NOT NULL,                             -- where the written test is kept
  signed_by   text NOT NULL,
  signed_at   timestamptz NOT NULL,
  revoked_at  timestamptz
);
CREATE UNIQUE INDEX one_live_test_per_purpose_and_country
  ON balancing_tests (client_id, purpose, country) WHERE revoked_at IS NULL;

-- What persons have asked for ------------------------------------------------------------------

CREATE TABLE person_marks (                              -- append-only: rights used and states learnt
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id         bigint NOT NULL REFERENCES people,
  client_id         bigint REFERENCES clients,           -- null: for every client
  kind              text NOT NULL,
  at                timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL,
  agent_id          bigint REFERENCES agents,
  call_id           uuid,
  recording_second  double precision,
  CONSTRAINT person_mark_is_known CHECK (kind IN (
    'objection', 'objection_lifted',       -- GDPR 21(2); lifted by the person alone
    'restriction', 'restriction_lifted',   -- GDPR 18
    'erased',                              -- GDPR 17
    'deceased', 'minor', 'recording_consent'))
);
CREATE INDEX marks_by_person ON person_marks (person_id, at);
CREATE TRIGGER person_marks_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_marks
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE suppressions (                              -- never to be called; survives erasure
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id      bigint REFERENCES clients,              -- null: global
  key_id         text NOT NULL,                          -- the key under which the hash was made
  hash           bytea NOT NULL,                         -- HMAC-SHA-256 of the number; the number itself is nowhere
  reach          text NOT NULL,
  reason         text NOT NULL,
  created_at     timestamptz NOT NULL,
  call_id        uuid,                                   -- the call in which it was asked for
  until          timestamptz,                            -- null: for good
  lifted_at      timestamptz,
  lifted_because text,
  CONSTRAINT suppression_reach_is_known CHECK (reach IN (
    'number',    -- this number
    'person')),  -- everybody who has this number, at all their numbers
  CONSTRAINT suppression_reason_is_known CHECK (reason IN (
    'objection', 'wrong_number', 'register', 'litigation', 'deceased', 'minor', 'client_list', 'earlier_dialer')),
  CONSTRAINT suppression_hash_is_sha256 CHECK (octet_length(hash) = 32),
  CONSTRAINT objections_have_no_end CHECK (reason <> 'objection' OR until IS NULL),
  CONSTRAINT a_lifted_suppression_says_why CHECK ((lifted_at IS NULL) = (lifted_because IS NULL))
);
CREATE UNIQUE INDEX one_live_suppression_per_number
  ON suppressions (client_id, hash, reach) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
CREATE INDEX suppressions_by_hash ON suppressions (hash);

-- Registers of objections ----------------------------------------------------------------------

CREATE TABLE register_snapshots (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  register    text NOT NULL,                             -- id of the register in the country's profile
  as_of       timestamptz NOT NULL,                      -- when the authority made it
  fetched_at  timestamptz NOT NULL,
  supplier    text NOT NULL,
  sha256      bytea NOT NULL,                            -- of the file
  rows        integer NOT NULL,
  key_id      text NOT NULL,                             -- the key under which its numbers are hashed
  CONSTRAINT a_snapshot_is_imported_once UNIQUE (register, sha256),
  CONSTRAINT a_snapshot_is_not_from_the_future CHECK (as_of <= fetched_at)
);
CREATE INDEX snapshots_by_register ON register_snapshots (register, as_of DESC);

CREATE TABLE register_entries (
  snapshot_id      bigint NOT NULL REFERENCES register_snapshots ON DELETE CASCADE,
  hash             bytea NOT NULL,
  listed_at        timestamptz,
  allowed_sectors  text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (snapshot_id, hash)
);

CREATE TABLE register_answers (                          -- registers that answer but are never handed out
  register         text NOT NULL,
  key_id           text NOT NULL,
  hash             bytea NOT NULL,
  as_of            timestamptz NOT NULL,
  listed           boolean NOT NULL,
  listed_at        timestamptz,
  allowed_sectors  text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (register, hash)
);

-- The trail ------------------------------------------------------------------------------------

CREATE TABLE decision_chains (                           -- the end of each client's chain; its lock orders writers
  client_id  bigint PRIMARY KEY REFERENCES clients,
  length     bigint NOT NULL DEFAULT 0,
  head       bytea NOT NULL
);

CREATE TABLE decisions (                                 -- append-only
  client_id    bigint NOT NULL REFERENCES clients,
  number       bigint NOT NULL,                          -- 1, 2, 3 ... within the client's chain
  at           timestamptz NOT NULL,
  campaign_id  bigint NOT NULL,
  subject      text NOT NULL,                            -- keyed reference to the person, not the person
  verdict      text NOT NULL,
  primary_code text NOT NULL DEFAULT '',                 -- '' when allowed
  entry        text NOT NULL,                            -- canonical JSON: what the hash covers
  previous     bytea NOT NULL,
  hash         bytea NOT NULL,                           -- SHA-256 of previous and entry
  PRIMARY KEY (client_id, number),
  CONSTRAINT verdict_is_known CHECK (verdict IN ('allow', 'deny', 'defer'))
);
CREATE INDEX decisions_by_subject ON decisions (subject, at);
CREATE INDEX decisions_by_campaign ON decisions (campaign_id, at);
CREATE TRIGGER decisions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE decision_inputs (                           -- personal data beside the chain: erasable without breaking it
  client_id  bigint NOT NULL,
  number     bigint NOT NULL,
  person_id  bigint NOT NULL REFERENCES people,
  salt       bytea NOT NULL,                             -- the entry holds SHA-256 of salt and input
  input      text NOT NULL,                              -- canonical JSON
  PRIMARY KEY (client_id, number),
  FOREIGN KEY (client_id, number) REFERENCES decisions
);
CREATE INDEX decision_inputs_by_person ON decision_inputs (person_id);

CREATE TABLE profile_approvals (                         -- a person read a country profile and took responsibility
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile      text NOT NULL,
  sha256       text NOT NULL,                            -- of the profile's content: a change needs a new approval
  approved_by  text NOT NULL,
  approved_at  timestamptz NOT NULL,
  note         text NOT NULL,
  revoked_at   timestamptz,
  CONSTRAINT an_approval_has_a_note CHECK (note <> '')
);
CREATE UNIQUE INDEX one_live_approval_per_profile ON profile_approvals (sha256) WHERE revoked_at IS NULL;

-- Rights of persons, retention -----------------------------------------------------------------

CREATE TABLE subject_requests (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id      bigint NOT NULL REFERENCES clients,
  person_id      bigint REFERENCES people,               -- null until the person is identified
  kind           text NOT NULL,
  received_at    timestamptz NOT NULL,
  due_at         timestamptz NOT NULL,                   -- GDPR 12(3): one month; two more when extended
  extended_because text,
  closed_at      timestamptz,
  result         text,
  receipt        text,                                   -- canonical JSON of what was done and what had to stay
  CONSTRAINT request_kind_is_known CHECK (kind IN (
    'access', 'portability', 'rectification', 'erasure', 'restriction', 'objection')),
  CONSTRAINT request_result_is_known CHECK (result IN ('done', 'refused', 'withdrawn')),
  CONSTRAINT a_closed_request_has_a_result CHECK ((closed_at IS NULL) = (result IS NULL))
);
CREATE INDEX requests_open ON subject_requests (due_at) WHERE closed_at IS NULL;

CREATE TABLE legal_holds (                               -- what must not be deleted while a dispute lasts
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people,
  because    text NOT NULL,
  placed_by  text NOT NULL,
  placed_at  timestamptz NOT NULL,
  lifted_at  timestamptz
);
CREATE INDEX holds_by_person ON legal_holds (person_id) WHERE lifted_at IS NULL;

CREATE TABLE retention_rules (
  category  text PRIMARY KEY,
  days      integer NOT NULL,
  source    text NOT NULL,                               -- the law or house rule it follows
  CONSTRAINT retention_is_positive CHECK (days > 0)
);
INSERT INTO retention_rules (category, days, source) VALUES
  ('recordings',          90, 'house'),                  -- from the end of the call
  ('leads_never_called',  30, 'house'),                  -- without a basis, from import
  ('decision_inputs',   2190, 'house: limitation periods of three to six years'),
  ('consent_evidence',  1825, 'DE-UWG-7a'),              -- from giving and from each use
  ('silent_calls',       730, 'IT-GAR-83-2014'),
  ('agent_monitoring',    30, 'house');                  -- the agents' own data, apart from the callees'

CREATE TABLE retention_runs (                            -- append-only
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  category  text NOT NULL REFERENCES retention_rules,
  ran_at    timestamptz NOT NULL,
  removed   integer NOT NULL,
  held      integer NOT NULL                             -- kept because of a legal hold
);

CREATE TABLE agent_notices (                             -- the agents' own data: told, and acknowledged
  agent_id         bigint NOT NULL REFERENCES agents,
  kind             text NOT NULL,
  wording_id       bigint NOT NULL REFERENCES consent_wordings,
  given_at         timestamptz NOT NULL,
  acknowledged_at  timestamptz,
  PRIMARY KEY (agent_id, kind, wording_id),
  CONSTRAINT notice_kind_is_known CHECK (kind IN ('monitoring', 'recording'))
);
