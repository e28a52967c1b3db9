-- Whether an editor has called the browser their own, in which a session lasts longer.
ALTER TABLE sign_in ADD COLUMN is_own BIGINT NOT NULL DEFAULT 0;
