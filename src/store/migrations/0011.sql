-- The day by which what is next is to be done, counted from 1970-01-01, or a number beyond all days that
-- grows with the time at which it came in.
ALTER TABLE submission ADD COLUMN due_on BIGINT NOT NULL DEFAULT 10000000000;
UPDATE submission SET due_on = 10000000000 + since / 1000;
CREATE INDEX submission_due ON submission (due_on, seq);
CREATE INDEX submission_assigned_due ON submission (assigned, due_on, seq) WHERE assigned IS NOT NULL;

-- When something last happened that editors are told of; null for what happened before this was noted.
ALTER TABLE submission ADD COLUMN news BIGINT;
CREATE INDEX submission_news ON submission (news) WHERE news IS NOT NULL;

-- The daily mail of each editor who wants one: up to when the last has told what happened, and its words
-- as long as it is pending.
CREATE TABLE digest (
    email TEXT PRIMARY KEY,
    told BIGINT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '',
    mail_due BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0
){keyed};

-- Since when it waits, for an editor or for the campaigner, where nobody was reminded of that yet.
ALTER TABLE submission ADD COLUMN unreminded BIGINT;
UPDATE submission SET unreminded = since WHERE stage IN ('received', 'changes_requested');
CREATE INDEX submission_unreminded ON submission (stage, unreminded) WHERE unreminded IS NOT NULL;
