-- What other programs are still to be told (`notify.webhook`): that a submission came in, or stands in
-- another stage. Written with the change in one transaction, gone when it was delivered.
CREATE TABLE notice (
    -- The order in which it happened.
    number {seq},
    -- The same with every attempt to deliver it.
    id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    submission TEXT NOT NULL,
    form TEXT NOT NULL,
    stage TEXT NOT NULL,
    -- Empty where the submission looks like spam.
    title TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Since when it is attempted.
    since BIGINT NOT NULL,
    -- When it is attempted next; null where it was given up.
    due BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX notice_submission ON notice (submission, number);
CREATE INDEX notice_due ON notice (due) WHERE due IS NOT NULL;
