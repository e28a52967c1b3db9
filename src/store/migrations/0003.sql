-- Since when a session is, when it was used last, and in which browser, in few words.
ALTER TABLE session ADD COLUMN begun BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
