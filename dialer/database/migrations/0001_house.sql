-- Who lives in the house: the installation, clients, teams, people with accounts, campaigns.
-- Named by dialer/database/house.py, campaigns.py (campaigns) and accounts.py (users, tokens) alone.

CREATE TABLE installation (
  only_row          boolean PRIMARY KEY DEFAULT true,
  lab               boolean NOT NULL DEFAULT false,      -- unapproved country profiles and another clock are allowed
  clock_offset      interval NOT NULL DEFAULT '0',       -- added to the real clock; survives restarts; lab only
  stopped_at        timestamptz,                         -- the stop-all switch: no new calls while set
  stopped_by        text,                                -- login of who pressed it
  CONSTRAINT installation_has_one_row CHECK (only_row),
  CONSTRAINT only_a_lab_has_another_clock CHECK (lab OR clock_offset = interval '0')
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE clients (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL,                             -- the company the calls are made for: the controller
  created_at  timestamptz NOT NULL,
  CONSTRAINT client_names_are_unique UNIQUE (name)
);

CREATE TABLE teams (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name   text NOT NULL,
  epoch  bigint NOT NULL DEFAULT 0,                      -- raised by every engine that starts: fences off its predecessor
  CONSTRAINT team_names_are_unique UNIQUE (name)
);

CREATE TABLE users (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login          text NOT NULL,
  display_name   text NOT NULL,
  role           text NOT NULL,
  client_id      bigint REFERENCES clients,              -- client users see this client's rows only
  password_hash  text,                                   -- Argon2id; null: signs in by one-time link only
  created_at     timestamptz NOT NULL,
  disabled_at    timestamptz,
  CONSTRAINT logins_are_unique UNIQUE (login),
  CONSTRAINT role_is_known CHECK (role IN (
    'agent',       -- takes calls
    'supervisor',  -- watches and steers the floor
    'manager',     -- lists, campaigns, results
    'client',      -- read-only, own client's rows
    'rep',         -- the client's salesperson: meetings and verdicts
    'dpo',         -- data-protection officer
    'admin')),     -- everything, and accounts
  CONSTRAINT clients_and_reps_belong_to_a_client CHECK (role NOT IN ('client', 'rep') OR client_id IS NOT NULL)
);

CREATE TABLE tokens (
  hash        bytea PRIMARY KEY,                         -- SHA-256 of the token; the token itself is stored nowhere
  user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  kind        text NOT NULL,
  label       text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,                               -- a one-time link works once
  CONSTRAINT token_kind_is_known CHECK (kind IN (
    'session',    -- the browser's cookie
    'bearer',     -- a program's Authorization header
    'one_time'))  -- a link that becomes a session
);
CREATE INDEX tokens_by_user ON tokens (user_id);

CREATE TABLE agents (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES users,
  team_id    bigint NOT NULL REFERENCES teams,
  name       text NOT NULL,
  languages  text[] NOT NULL,                            -- ISO 639-1; a callee only goes to an agent who speaks one of theirs
  sip_uri    text NOT NULL,                              -- called at sign-in; the leg stays up
  CONSTRAINT one_agent_per_user UNIQUE (user_id),
  CONSTRAINT agents_speak_a_language CHECK (cardinality(languages) > 0)
);

CREATE TABLE campaigns (
  id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id             bigint NOT NULL REFERENCES clients,
  team_id               bigint NOT NULL REFERENCES teams,
  name                  text NOT NULL,
  state                 text NOT NULL DEFAULT 'draft',
  purpose               text NOT NULL,                   -- what consents must name, such as sales.energy
  sector                text NOT NULL DEFAULT '',
  mode                  text NOT NULL DEFAULT 'predictive',
  abandon_rate_limit    double precision NOT NULL DEFAULT 0.03,   -- 0..1, inclusive
  connect_limit         interval NOT NULL DEFAULT '2 s', -- from answer to an agent, else abandoned
  ring_limit            interval NOT NULL DEFAULT '25 s',
  wrap_up_limit         interval NOT NULL DEFAULT '2 min',
  caller_id             text NOT NULL,                   -- E.164, shown to the callee
  caller_name           text NOT NULL,                   -- who the identity message says is calling
  recording             boolean NOT NULL DEFAULT true,
  priority              integer NOT NULL DEFAULT 0,      -- higher first when campaigns share a floor
  share                 double precision NOT NULL DEFAULT 1,      -- weight among campaigns of equal priority
  questionnaire         jsonb NOT NULL DEFAULT '{"questions": []}',
  retry                 jsonb NOT NULL DEFAULT '{}',     -- leads.retry.RetryPlan; {} = defaults
  meeting_minutes       integer NOT NULL DEFAULT 30,
  CONSTRAINT campaign_names_are_unique_per_client UNIQUE (client_id, name),
  CONSTRAINT campaign_state_is_known CHECK (state IN (
    'draft',      -- being set up; never dials
    'running',    -- dials
    'paused',     -- no new calls; live calls finish
    'finished')), -- no lead is left, or ended by hand
  CONSTRAINT mode_is_known CHECK (mode IN ('manual', 'preview', 'progressive', 'predictive')),
  CONSTRAINT abandon_rate_limit_is_a_share CHECK (abandon_rate_limit BETWEEN 0 AND 1),
  CONSTRAINT a_ringing_phone_gets_15_seconds CHECK (ring_limit >= interval '15 s')
);

CREATE TABLE campaign_agents (
  campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
  agent_id     bigint NOT NULL REFERENCES agents ON DELETE CASCADE,
  PRIMARY KEY (campaign_id, agent_id)
);
