-- What limits count: that something happened, under a name that tells nobody who it was, and with
-- which submission, if with one.
CREATE TABLE trace (
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    seq BIGINT
);
CREATE INDEX trace_name ON trace (name, at);
CREATE INDEX trace_at ON trace (at);

-- Whose private links were asked for again, by the hash of the address.
CREATE TABLE lost_link (
    contact TEXT PRIMARY KEY,
    asked BIGINT NOT NULL
){keyed};
