-- Forms that were saved to go on later and not sent yet: what was typed, until when it is kept, and
-- the mail about it that is pending.
CREATE TABLE saved_form (
    id TEXT PRIMARY KEY,
    form TEXT NOT NULL,
    typed TEXT NOT NULL,
    revision BIGINT NOT NULL,
    saved BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    remind BIGINT NOT NULL DEFAULT 0,
    mail TEXT NOT NULL DEFAULT '',
    mail_due BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX saved_form_expires ON saved_form (expires);
CREATE INDEX saved_form_mail ON saved_form (mail_due) WHERE mail_due IS NOT NULL;
