-- Whom we may want to call, and what has happened to them. Named by leads/store/ alone.

CREATE TABLE lists (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id       bigint NOT NULL REFERENCES clients,
  campaign_id     bigint NOT NULL REFERENCES campaigns,
  name            text NOT NULL,
  file_name       text NOT NULL,
  file_sha256     bytea NOT NULL,
  encoding        text NOT NULL,
  delimiter       text NOT NULL,
  columns         text[] NOT NULL,                       -- the header, as sent
  imported_at     timestamptz NOT NULL,
  rows_total      integer NOT NULL,
  rows_accepted   integer NOT NULL,
  rows_rejected   integer NOT NULL,
  rows_duplicate  integer NOT NULL,
  CONSTRAINT every_row_has_one_fate CHECK (rows_total = rows_accepted + rows_rejected + rows_duplicate)
);

CREATE TABLE unaccepted_rows (                           -- rejected and duplicate rows, as they were sent
  list_id      bigint NOT NULL REFERENCES lists ON DELETE CASCADE,
  line         integer NOT NULL,                         -- 1-based line of the file
  fate         text NOT NULL,
  column_name  text NOT NULL,                            -- '' when the row as a whole is at fault
  value        text NOT NULL,
  reason       text NOT NULL,                            -- a code of leads.importing.Reason
  sentence     text NOT NULL,                            -- the reason for a person; holds no value of the row
  cells        text[] NOT NULL,                          -- the row, so that it can be fixed and sent again
  PRIMARY KEY (list_id, line),
  CONSTRAINT fate_is_known CHECK (fate IN ('rejected', 'duplicate'))
);

CREATE TABLE people (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at  timestamptz NOT NULL
);

CREATE TABLE person_numbers (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people,
  number     text,                                       -- E.164; null once erased
  kind       text NOT NULL,
  CONSTRAINT a_number_belongs_to_one_person UNIQUE (number),
  CONSTRAINT number_is_e164 CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
  CONSTRAINT number_kind_is_known CHECK (kind IN ('mobile', 'fixed', 'fixed_or_mobile', 'other'))
);
CREATE INDEX numbers_by_person ON person_numbers (person_id);

CREATE TABLE leads (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id        bigint NOT NULL REFERENCES people,
  list_id          bigint NOT NULL REFERENCES lists,
  campaign_id      bigint NOT NULL REFERENCES campaigns,
  line             integer NOT NULL,                     -- line of the list's file
  state            text NOT NULL DEFAULT 'waiting',
  next_attempt_at  timestamptz,
  claimed_until    timestamptz,                          -- a lease, not a state: runs out by itself
  retired_because  text,                                 -- a code of leads.lead.RetiredBecause
  callback_agent   bigint REFERENCES agents,             -- the promise is personal
  subject          text NOT NULL DEFAULT 'consumer',
  country          text NOT NULL,                        -- ISO 3166-1 alpha-2
  subdivision      text,
  time_zone        text,                                 -- IANA; null: from the number
  languages        text[] NOT NULL DEFAULT '{}',
  company          text NOT NULL DEFAULT '',
  name             text NOT NULL DEFAULT '',
  email            text NOT NULL DEFAULT '',
  city             text NOT NULL DEFAULT '',
  source           text NOT NULL DEFAULT 'client_list',
  obtained_at      timestamptz,
  fields           jsonb NOT NULL DEFAULT '{}',          -- further columns of the list, as sent
  CONSTRAINT one_lead_per_person_and_campaign UNIQUE (campaign_id, person_id),
  CONSTRAINT lead_state_is_known CHECK (state IN (
    'waiting',   -- may be dialed once next_attempt_at has come
    'callback',  -- was promised a call at next_attempt_at
    'in_call',   -- an attempt is under way
    'booked',    -- a meeting is booked
    'retired')), -- never dialed again
  CONSTRAINT a_due_lead_has_a_time CHECK ((state IN ('waiting', 'callback')) = (next_attempt_at IS NOT NULL)),
  CONSTRAINT a_retired_lead_has_a_reason CHECK ((state = 'retired') = (retired_because IS NOT NULL)),
  CONSTRAINT subject_is_known CHECK (subject IN ('consumer', 'sole_trader', 'legal_person'))
);
CREATE INDEX leads_due ON leads (campaign_id, next_attempt_at, id) WHERE state IN ('waiting', 'callback');
CREATE INDEX leads_callbacks_due ON leads (campaign_id, next_attempt_at, id) WHERE state = 'callback';
CREATE INDEX leads_by_person ON leads (person_id);
CREATE INDEX leads_by_list ON leads (list_id);

CREATE TABLE lead_numbers (                              -- a lead is dialed at its own row's numbers and no others:
  lead_id    bigint NOT NULL REFERENCES leads,           -- what another client knows of the person stays with that client
  number_id  bigint NOT NULL REFERENCES person_numbers,
  position   smallint NOT NULL,                          -- order of preference, 0 first
  PRIMARY KEY (lead_id, number_id)
);
CREATE INDEX lead_numbers_by_number ON lead_numbers (number_id);

CREATE TABLE attempts (                                  -- one try, from permit to disposition
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id            bigint NOT NULL REFERENCES leads,
  person_id          bigint NOT NULL REFERENCES people,
  campaign_id        bigint NOT NULL REFERENCES campaigns,
  number_id          bigint NOT NULL REFERENCES person_numbers,
  was_callback       boolean NOT NULL,                   -- kept promise: an unanswered callback stays a callback
  opened_at          timestamptz NOT NULL,
  permit_expires_at  timestamptz NOT NULL,
  obligations        text[] NOT NULL DEFAULT '{}',
  closed_at          timestamptz,
  outcome            text,                               -- sip_config.causes.Outcome, once closed
  abandoned          boolean NOT NULL DEFAULT false,
  counts             boolean NOT NULL DEFAULT true,      -- false: the phone never rang through no fault of the callee
  CONSTRAINT a_closed_attempt_has_an_outcome CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX one_open_attempt_per_person ON attempts (person_id) WHERE closed_at IS NULL;
CREATE INDEX attempts_by_person ON attempts (person_id, opened_at);
CREATE INDEX attempts_by_lead ON attempts (lead_id, opened_at);
CREATE INDEX attempts_by_campaign ON attempts (campaign_id, opened_at);

CREATE TABLE dispositions (                              -- what the agent recorded
  attempt_id  bigint PRIMARY KEY REFERENCES attempts,
  agent_id    bigint REFERENCES agents,                  -- null: recorded by the dialer itself
  code        text NOT NULL,                             -- leads.disposition.Disposition
  at          timestamptz NOT NULL,
  note        text NOT NULL DEFAULT '',
  qualified   boolean,                                   -- null: the script was not asked
  score       integer,
  reasons     text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE answers (                                   -- the script's answers, saved as they are given
  attempt_id  bigint NOT NULL REFERENCES attempts,
  question    text NOT NULL,
  value       jsonb NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (attempt_id, question)
);

CREATE TABLE callbacks (                                 -- promised times of call
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id      bigint NOT NULL REFERENCES leads,
  attempt_id   bigint NOT NULL REFERENCES attempts,      -- the attempt in which it was promised
  agent_id     bigint REFERENCES agents,                 -- personal; null: any agent
  due_at       timestamptz NOT NULL,
  promised_at  timestamptz NOT NULL,
  settled_at   timestamptz,
  settled_as   text,
  CONSTRAINT one_promise_per_attempt UNIQUE (attempt_id),
  CONSTRAINT settlement_is_known CHECK (settled_as IN ('kept', 'replaced', 'given_up')),
  CONSTRAINT a_settled_promise_says_how CHECK ((settled_at IS NULL) = (settled_as IS NULL))
);
CREATE UNIQUE INDEX one_open_promise_per_lead ON callbacks (lead_id) WHERE settled_at IS NULL;
CREATE INDEX callbacks_by_lead ON callbacks (lead_id);

CREATE TABLE reps (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id  bigint NOT NULL REFERENCES clients,
  user_id    bigint REFERENCES users,
  name       text NOT NULL,
  email      text NOT NULL,
  time_zone  text NOT NULL,
  languages  text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE rep_availability (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rep_id     bigint NOT NULL REFERENCES reps ON DELETE CASCADE,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  CONSTRAINT availability_ends_after_it_starts CHECK (ends_at > starts_at)
);
CREATE INDEX availability_by_rep ON rep_availability (rep_id, starts_at);

CREATE TABLE meetings (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid         uuid NOT NULL,                             -- stable UID of the invitation, RFC 5545 section 3.8.4.7
  rep_id      bigint NOT NULL REFERENCES reps,
  lead_id     bigint NOT NULL REFERENCES leads,
  attempt_id  bigint NOT NULL REFERENCES attempts,
  booked_at   timestamptz NOT NULL,
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL,
  sequence    integer NOT NULL DEFAULT 0,                -- raised by every change, RFC 5545 section 3.8.7.4
  state       text NOT NULL DEFAULT 'booked',
  verdict     text,                                      -- what the rep says afterwards
  verdict_at  timestamptz,
  CONSTRAINT uids_are_unique UNIQUE (uid),
  CONSTRAINT a_meeting_ends_after_it_starts CHECK (ends_at > starts_at),
  CONSTRAINT meeting_state_is_known CHECK (state IN ('booked', 'cancelled', 'held', 'not_held')),
  CONSTRAINT verdict_is_known CHECK (verdict IN ('good', 'poor', 'no_show', 'cancelled')),
  CONSTRAINT a_rep_is_in_one_meeting_at_a_time EXCLUDE USING gist (
    int8range(rep_id, rep_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (state = 'booked')
);
CREATE INDEX meetings_by_lead ON meetings (lead_id);
CREATE INDEX meetings_by_attempt ON meetings (attempt_id);
