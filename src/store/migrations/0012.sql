-- When something is to be noticed that time alone brings, such as that somebody has not answered; null
-- where nothing is.
ALTER TABLE submission ADD COLUMN timed BIGINT;
CREATE INDEX submission_timed ON submission (timed) WHERE timed IS NOT NULL;
