-- What a client states about a whole list, besides consent: that people were told where their data
-- come from (GDPR 14), and why their consent may be presumed (Germany: UWG 7(2) no. 1).

CREATE TABLE list_statements (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list_id      bigint NOT NULL REFERENCES lists,
  kind         text NOT NULL,
  at           timestamptz NOT NULL,                     -- of the notice, or of the signature
  reference    text NOT NULL,                            -- where its proof is kept
  stated_by    text NOT NULL,
  recorded_at  timestamptz NOT NULL,
  CONSTRAINT statement_kind_is_known CHECK (kind IN ('notice', 'presumed_consent')),
  CONSTRAINT a_list_has_one_statement_of_a_kind UNIQUE (list_id, kind),
  CONSTRAINT a_statement_has_its_proof CHECK (reference <> '' AND stated_by <> '')
);
