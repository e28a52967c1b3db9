-- Changes to a submission that its campaigner has saved and not sent are a saved form too: which revision
-- of the answers the page was filled with. Null where it is a form that was not sent yet.
ALTER TABLE saved_form ADD COLUMN base BIGINT;
