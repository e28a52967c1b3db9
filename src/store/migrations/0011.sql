-- The day by which what is next is to be done, counted from 1970-01-01, or a number beyond all days that
-- grows with the time at which it came in.
ALTER TABLE submission ADD COLUMN due_on BIGINT NOT NULL DEFAULT 10000000000;
UPDATE submission SET due_on = 10000000000 + since / 1000;
CREATE INDEX submission_due ON submission (due_on, seq);
CREATE INDEX submission_assigned_due ON submission (assigned, due_on, seq) WHERE assigned IS NOT NULL;
