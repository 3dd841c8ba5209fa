-- Numbers nobody may call are known by keyed hashes alone. With other keys than those they were
-- hashed with none of them would be found, and all of them would be called.

CREATE TABLE hashing_keys (                              -- the keys of this database, by what can be told of them
  key_id         text PRIMARY KEY,
  fingerprint    bytea NOT NULL,                         -- HMAC-SHA-256(key, "fingerprint:v1"); the key itself is nowhere
  first_seen_at  timestamptz NOT NULL,
  CONSTRAINT fingerprint_is_sha256 CHECK (octet_length(fingerprint) = 32)
);
