-- The submissions. `record` is the private record, whole; every other column is made from it and
-- written with it in one transaction, so that lists, jobs and searches need not read records.
-- Times are milliseconds since 1970.
CREATE TABLE submission (
    -- The order in which they came in.
    seq {seq},
    id TEXT NOT NULL UNIQUE,
    form TEXT NOT NULL,
    stage TEXT NOT NULL,
    -- 1 where nothing more is to be done.
    is_end BIGINT NOT NULL,
    -- Since when it stands in its stage.
    since BIGINT NOT NULL,
    -- The SHA-256 of the campaigner's address; null after erasure.
    contact TEXT,
    -- Form, slug and date: the post's address. Null where it does not count, as when declined.
    address TEXT,
    to_publish BIGINT NOT NULL,
    -- When its next mail is due; null where none is pending.
    mail_due BIGINT,
    mail_failed BIGINT NOT NULL,
    -- What lists show, as JSON.
    summary TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX submission_queue ON submission (is_end, since, seq);
CREATE INDEX submission_stage ON submission (stage, since, seq);
CREATE INDEX submission_form ON submission (form, is_end, since, seq);
CREATE INDEX submission_form_stage ON submission (form, stage, since, seq);
CREATE INDEX submission_contact ON submission (contact) WHERE contact IS NOT NULL;
CREATE INDEX submission_address ON submission (address) WHERE address IS NOT NULL;
CREATE INDEX submission_to_publish ON submission (seq) WHERE to_publish = 1;
CREATE INDEX submission_to_forget ON submission (since) WHERE is_end = 1 AND contact IS NOT NULL;
CREATE INDEX submission_mail_due ON submission (mail_due) WHERE mail_due IS NOT NULL;
CREATE INDEX submission_mail_failed ON submission (seq) WHERE mail_failed > 0;

-- Work that a job has still to do for a submission: 'draft' (the file is not known to be on disk),
-- 'search' (its words are not in the index).
CREATE TABLE todo (
    job TEXT NOT NULL,
    seq BIGINT NOT NULL,
    -- Grows when it is noted again, so that what changed meanwhile is not taken for done.
    mark BIGINT NOT NULL,
    PRIMARY KEY (job, seq)
){keyed};

-- Sums over all submissions, kept up to date with each change. A sum is parted into shards, so
-- that not everybody who writes waits for the same row.
CREATE TABLE tally (
    name TEXT NOT NULL,
    shard BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (name, shard)
){keyed};

-- One-time links asked for by editors, and when the mail that brings each is due; null once it is
-- sent. Secrets are kept as SHA-256.
CREATE TABLE sign_in (
    hash TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    browser TEXT NOT NULL,
    email TEXT NOT NULL,
    expires BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    mail_due BIGINT
);

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    expires BIGINT NOT NULL
);

-- Who does a job just now, among all processes.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires BIGINT NOT NULL
);

-- What the service keeps about itself: its secret, and what the search index was made with.
CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
