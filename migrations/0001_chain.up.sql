-- Times are milliseconds since 1970, UTC. What is sealed is encrypted (db/seal.go).

CREATE TABLE projects (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    name  TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL
);
INSERT INTO projects (name, title) VALUES ('main', 'Your sites');

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL COLLATE NOCASE UNIQUE,
    password_hash TEXT NOT NULL,
    created       INTEGER NOT NULL
);

-- The one-time code for making the first administrator; at most one row.
CREATE TABLE setup_code (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    hash     BLOB NOT NULL
);

CREATE TABLE sessions (
    hash    TEXT PRIMARY KEY, -- of the id, which only the browser has
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    started INTEGER NOT NULL,
    seen    INTEGER NOT NULL
);

CREATE TABLE sites (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id    INTEGER NOT NULL REFERENCES projects (id),
    name          TEXT NOT NULL,
    title         TEXT NOT NULL,
    title_folded  TEXT NOT NULL,
    template      TEXT NOT NULL,
    shown         INTEGER, -- when its first sign-in was shown
    shown_to      TEXT NOT NULL DEFAULT '',
    created       INTEGER NOT NULL,
    deleted       INTEGER
);
CREATE UNIQUE INDEX sites_name ON sites (name) WHERE deleted IS NULL;
CREATE UNIQUE INDEX sites_title ON sites (title_folded) WHERE deleted IS NULL;

CREATE TABLE addresses (
    host    TEXT PRIMARY KEY,
    site_id INTEGER NOT NULL REFERENCES sites (id)
);
CREATE INDEX addresses_site ON addresses (site_id);

CREATE TABLE revisions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id  INTEGER NOT NULL REFERENCES sites (id),
    number   INTEGER NOT NULL,
    title    TEXT NOT NULL,
    settings TEXT NOT NULL,
    created  INTEGER NOT NULL,
    by       TEXT NOT NULL,
    UNIQUE (site_id, number)
);

CREATE TABLE deployments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id     INTEGER NOT NULL REFERENCES sites (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    steps       TEXT NOT NULL,
    cause       TEXT NOT NULL DEFAULT '',
    words       TEXT NOT NULL DEFAULT '',
    started     INTEGER NOT NULL,
    ended       INTEGER,
    by          TEXT NOT NULL
);
CREATE INDEX deployments_site ON deployments (site_id, id);
-- A site has one deployment under way at the most.
CREATE UNIQUE INDEX deployments_working ON deployments (site_id) WHERE state = 'working';

CREATE TABLE services (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL UNIQUE,
    port     INTEGER NOT NULL UNIQUE,
    password BLOB NOT NULL, -- sealed
    revision INTEGER NOT NULL DEFAULT 1,
    created  INTEGER NOT NULL
);

CREATE TABLE bindings (
    site_id    INTEGER NOT NULL REFERENCES sites (id),
    service_id INTEGER NOT NULL REFERENCES services (id),
    name       TEXT NOT NULL,
    password   BLOB NOT NULL, -- sealed
    made       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, service_id)
);

CREATE TABLE volumes (
    site_id INTEGER NOT NULL REFERENCES sites (id),
    name    TEXT NOT NULL,
    PRIMARY KEY (site_id, name)
);

CREATE TABLE secrets (
    site_id INTEGER NOT NULL REFERENCES sites (id),
    name    TEXT NOT NULL,
    value   BLOB NOT NULL, -- sealed
    PRIMARY KEY (site_id, name)
);

CREATE TABLE events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    what    TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT ''
);
