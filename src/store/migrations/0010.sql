-- Who has a page of a submission in sight: a row for each page, which ends by itself.
CREATE TABLE viewer (
    page TEXT PRIMARY KEY,
    submission TEXT NOT NULL,
    -- The address of an editor.
    editor TEXT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX viewer_submission ON viewer (submission);
