-- People who call the numbers we show. Named by dialer/database/ring_backs.py alone.

CREATE TABLE ring_backs (                                -- everybody who called, whoever it was; no number is kept
  call_id      uuid PRIMARY KEY,                         -- that of calls, where an agent or a key made an attempt of it
  team_id      bigint NOT NULL REFERENCES teams,         -- whose worker took it
  came_at      timestamptz NOT NULL,
  trunk        text NOT NULL,
  campaign_id  bigint REFERENCES campaigns,              -- null: the number that was called is none we show
  person_id    bigint REFERENCES people,                 -- null: nobody we know, or the number was withheld
  lead_id      bigint REFERENCES leads,                  -- of the campaign above
  ended_at     timestamptz,
  ended_as     text,
  CONSTRAINT the_end_of_a_ring_back_is_known CHECK (ended_as IN (
    'agent',        -- was given to an agent
    'call_back',    -- asked to be called
    'left_alone',   -- asked not to be called again
    'announced',    -- heard who we are, and asked for nothing
    'hung_up',      -- before anything was said
    'turned_away',  -- called a number that is none of ours
    'lost')),       -- our side failed meanwhile
  CONSTRAINT an_ended_ring_back_says_how CHECK ((ended_at IS NULL) = (ended_as IS NULL))
);
CREATE INDEX ring_backs_by_campaign ON ring_backs (campaign_id, came_at);
CREATE INDEX ring_backs_open ON ring_backs (team_id) WHERE ended_at IS NULL;
