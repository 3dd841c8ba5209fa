-- Words and numbers of people are sealed with keys that lie elsewhere (docs/decisions/0018).
-- What is there already is sealed between the two halves of this file, by dialer/database/sealing.py.

CREATE TABLE sealing (                                   -- which vault the keys of this database are in
  only_row  boolean PRIMARY KEY DEFAULT true,
  vault     uuid,                                        -- null until the first connection that has one
  CONSTRAINT sealing_has_one_row CHECK (only_row)
);
INSERT INTO sealing DEFAULT VALUES;

ALTER TABLE person_numbers
  ADD lookup bytea,                                      -- keyed hash of the E.164 number; null once erased
  ADD sealed bytea;                                      -- the number
ALTER TABLE leads ADD details bytea;                     -- company, name, email, city and further columns
ALTER TABLE unaccepted_rows ADD sealed bytea;            -- the cells, and the value at fault
ALTER TABLE dispositions ADD sealed bytea;               -- the note; null: there is none
ALTER TABLE answers ADD sealed bytea;                    -- the answer, JSON
ALTER TABLE decision_inputs ADD sealed bytea;            -- canonical JSON
ALTER TABLE consents ADD reference bytea;                -- the evidence's name as it was brought; null: none
ALTER TABLE outbox ADD sealed bytea;                     -- the content; null once erased

-- convert

DO $$ BEGIN
  IF EXISTS (SELECT FROM person_numbers WHERE number IS NOT NULL AND sealed IS NULL)
     OR EXISTS (SELECT FROM answers WHERE sealed IS NULL)
     OR EXISTS (SELECT FROM decision_inputs WHERE sealed IS NULL) THEN
    RAISE EXCEPTION 'there are people in this database, and no vault was given to seal them with';
  END IF;
END $$;

ALTER TABLE person_numbers
  DROP number,
  ADD CONSTRAINT a_number_belongs_to_one_person UNIQUE (lookup),
  ADD CONSTRAINT an_erased_number_is_erased_whole CHECK ((lookup IS NULL) = (sealed IS NULL)),
  ADD CONSTRAINT lookup_is_sha256 CHECK (octet_length(lookup) = 32);
ALTER TABLE leads DROP company, DROP name, DROP email, DROP city, DROP fields;
ALTER TABLE unaccepted_rows DROP value, DROP cells;
ALTER TABLE dispositions DROP note;
ALTER TABLE answers DROP value, ALTER sealed SET NOT NULL;
ALTER TABLE decision_inputs DROP input, ALTER sealed SET NOT NULL;
ALTER TABLE consents DROP evidence_reference;
ALTER TABLE evidence_objects DROP reference;             -- a file's name may hold a person's
ALTER TABLE outbox DROP content;
