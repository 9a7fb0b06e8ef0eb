-- What programs come with. Of the secret only a hash is kept.
CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    scope      INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    used       INTEGER,
    revoked    INTEGER
);
CREATE INDEX tokens_user ON tokens (user_id);

-- Requests with a key of their own, and what was answered (docs/adr/0010).
CREATE TABLE requests (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id      INTEGER NOT NULL REFERENCES tokens (id),
    key           TEXT NOT NULL,
    fingerprint   TEXT NOT NULL,
    process       TEXT NOT NULL,
    begun         INTEGER NOT NULL,
    carried_out   INTEGER, -- when; written with the change
    subject       TEXT NOT NULL DEFAULT '',
    answer        BLOB, -- sealed
    UNIQUE (token_id, key)
);
