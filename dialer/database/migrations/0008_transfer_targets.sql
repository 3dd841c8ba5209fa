-- To whom agents may hand callees over; and quick answers to who listened to whom.

ALTER TABLE campaigns ADD COLUMN transfer_targets jsonb NOT NULL DEFAULT '[]';  -- [{"name": ..., "to": SIP URI or E.164}]

CREATE INDEX call_events_of_supervisors ON call_events (at) WHERE kind = 'supervisor_joined';
