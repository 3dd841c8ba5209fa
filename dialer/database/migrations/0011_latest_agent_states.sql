-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS agent_events_latest ON agent_events (agent_id, id);
