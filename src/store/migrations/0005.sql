-- Pictures of submissions and of saved forms, whose ids are one: each by its hash and the ending of
-- its kind, as it will be on the blog.
CREATE TABLE picture (
    owner TEXT NOT NULL,
    file TEXT NOT NULL,
    added BIGINT NOT NULL,
    bytes {bytes} NOT NULL,
    PRIMARY KEY (owner, file)
);
