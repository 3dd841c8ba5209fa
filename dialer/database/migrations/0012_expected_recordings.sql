-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS recordings_expected ON recordings (call_id) WHERE state = 'expected';
