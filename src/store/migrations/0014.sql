-- Who has begun a saved form for somebody else to complete, when, and with which words; null where its
-- holder has.
ALTER TABLE saved_form ADD COLUMN invitation TEXT;
CREATE INDEX saved_form_invitation ON saved_form (id) WHERE invitation IS NOT NULL;
