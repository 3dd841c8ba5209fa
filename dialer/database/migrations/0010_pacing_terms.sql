-- What a campaign's pacing steers by, beside the abandon limit.

UPDATE campaigns SET abandon_rate_limit = 0.5 WHERE abandon_rate_limit > 0.5;
UPDATE campaigns SET connect_limit = interval '60 seconds' WHERE connect_limit > interval '60 seconds';
UPDATE campaigns SET ring_limit = interval '180 seconds' WHERE ring_limit > interval '180 seconds';

ALTER TABLE campaigns
  ADD COLUMN abandon_window     text    NOT NULL DEFAULT 'day',
    -- day          each calendar day, where the caller ID is at home
    -- rolling_day  the last 24 hours, at every instant
    -- thirty_days  successive periods of 30 days
    -- campaign     everything since the first call
  ADD COLUMN hard_stop          boolean NOT NULL DEFAULT false,  -- above the limit nothing is dialed at all
  ADD COLUMN talk_share_target  double precision,                -- 0..1; none: talk as much as the limit allows
  ADD COLUMN expected_talk      interval NOT NULL DEFAULT interval '100 seconds',  -- until talks have been observed
  ADD COLUMN expected_wrap_up   interval NOT NULL DEFAULT interval '15 seconds',   -- likewise
  ADD CONSTRAINT abandon_window_is_known
    CHECK (abandon_window IN ('day', 'rolling_day', 'thirty_days', 'campaign')),
  ADD CONSTRAINT expected_times_are_above_zero
    CHECK (least(expected_talk, expected_wrap_up) > interval '0' AND greatest(expected_talk, expected_wrap_up) <= interval '2 hours'),
  ADD CONSTRAINT talk_share_target_is_a_share CHECK (talk_share_target BETWEEN 0 AND 1),
  -- Beyond these pacing cannot be set up.
  ADD CONSTRAINT abandon_rate_limit_is_at_most_half CHECK (abandon_rate_limit <= 0.5),
  ADD CONSTRAINT connect_limit_is_at_most_a_minute CHECK (connect_limit <= interval '60 seconds'),
  ADD CONSTRAINT ring_limit_is_at_most_three_minutes CHECK (ring_limit <= interval '180 seconds');
