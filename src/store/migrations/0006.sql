-- Who looks after a submission, whether an editor has to see to something, and the day of its post,
-- counted from 1970-01-01, or a number below all days where it has none. Rows of before are filled
-- when their words are put into the search index anew.
ALTER TABLE submission ADD COLUMN assigned TEXT;
ALTER TABLE submission ADD COLUMN problem BIGINT NOT NULL DEFAULT 0;
ALTER TABLE submission ADD COLUMN post_date BIGINT NOT NULL DEFAULT 0;
CREATE INDEX submission_assigned ON submission (assigned, is_end, since, seq) WHERE assigned IS NOT NULL;
CREATE INDEX submission_problem ON submission (is_end, since, seq) WHERE problem = 1;
CREATE INDEX submission_date ON submission (post_date, seq);
CREATE INDEX submission_stage_date ON submission (stage, post_date, seq);
CREATE INDEX submission_stage_newest ON submission (stage, seq);
