-- The chain of events that minutes, invoices and reports are computed from.
-- Named by dialer/database/events.py (calls, call_events, agent_events), recordings.py and outbox.py alone.

CREATE TABLE calls (                                     -- the telephone call of an attempt; all else is in its events
  id          uuid PRIMARY KEY,
  attempt_id  bigint NOT NULL REFERENCES attempts,
  team_id     bigint NOT NULL REFERENCES teams,
  trunk       text NOT NULL,
  caller_id   text NOT NULL,
  opened_at   timestamptz NOT NULL,
  closed_at   timestamptz,                               -- the last event that matters is recorded
  CONSTRAINT one_call_per_attempt UNIQUE (attempt_id)    -- two INVITEs on one permit are impossible
);
CREATE INDEX calls_unfinished ON calls (team_id) WHERE closed_at IS NULL;
CREATE INDEX calls_by_time ON calls (opened_at);

CREATE TABLE call_events (                               -- append-only
  call_id  uuid NOT NULL REFERENCES calls,
  number   integer NOT NULL,                             -- 1, 2, 3 ... within the call
  kind     text NOT NULL,                                -- dialer.call's event names
  at       timestamptz NOT NULL,
  detail   jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (call_id, number)
);

CREATE TABLE agent_events (                              -- append-only
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id  bigint NOT NULL REFERENCES agents,
  at        timestamptz NOT NULL,
  state     text NOT NULL,                               -- the state entered: dialer.agent.AgentState
  reason    text NOT NULL DEFAULT '',
  call_id   uuid REFERENCES calls
);
CREATE INDEX agent_events_by_agent ON agent_events (agent_id, at);

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER call_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON call_events
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER agent_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agent_events
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE recordings (
  call_id           uuid PRIMARY KEY REFERENCES calls,
  path              text NOT NULL,                       -- relative to the recordings directory
  state             text NOT NULL,
  seconds_by_events double precision,                    -- bridge to hang-up
  seconds           double precision,                    -- decoded length
  sha256            bytea,
  bytes             bigint,
  available_at      timestamptz,                         -- playable since
  problem           text,
  CONSTRAINT recording_state_is_known CHECK (state IN (
    'expected',  -- the bridge was made; the file is being written or merged
    'playable',  -- decoded, measured, hashed
    'failed')),  -- will never be there; problem says why
  CONSTRAINT a_playable_recording_is_measured CHECK (state <> 'playable' OR (seconds IS NOT NULL AND available_at IS NOT NULL AND sha256 IS NOT NULL)),
  CONSTRAINT a_failed_recording_says_why CHECK (state <> 'failed' OR problem IS NOT NULL)
);

CREATE TABLE outbox (                                    -- what must leave the house exactly as committed
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind           text NOT NULL,                          -- invitation
  file_name      text NOT NULL,
  content        text NOT NULL,
  created_at     timestamptz NOT NULL,
  deliver_after  timestamptz NOT NULL,
  delivered_at   timestamptz,
  tries          integer NOT NULL DEFAULT 0,
  problem        text,
  CONSTRAINT a_file_is_written_once UNIQUE (kind, file_name)
);
CREATE INDEX outbox_undelivered ON outbox (deliver_after) WHERE delivered_at IS NULL;
