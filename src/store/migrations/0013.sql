-- By which submissions are found that tell the same: numbers made of what their drafts show (the words
-- of the title, addresses on the web, the shingles of the text), written with the record. Also, of a
-- published one, where its post is, and of a merged one, what was kept instead.
CREATE TABLE likeness (
    name BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (name, seq)
){keyed};
CREATE INDEX likeness_seq ON likeness (seq);
