-- The language that a submission is written in, as its form's file has asked for it. Rows of before
-- are filled when their words are put into the search index anew.
ALTER TABLE submission ADD COLUMN language TEXT;
CREATE INDEX submission_language ON submission (language, is_end, since, seq) WHERE language IS NOT NULL;
