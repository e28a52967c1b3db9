-- The words of each submission, by its `seq`. What is deleted is overwritten, in the index too.
CREATE VIRTUAL TABLE search USING fts5(
    words, detail=none, columnsize=0, tokenize="ascii tokenchars ':-_'", prefix='1 2 3'
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
