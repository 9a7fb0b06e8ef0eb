-- Further host names of a site. Every address that was there is its site's own:
-- made from its name, and kept as long as the site. The main one has the place 0.
ALTER TABLE addresses ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
ALTER TABLE addresses ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE addresses SET own = 1;

-- How sites meet their visitors: every version, the newest counts. The document is
-- JSON and has the names of keys without their hashes.
CREATE TABLE visitors (
    site_id  INTEGER NOT NULL REFERENCES sites (id),
    version  INTEGER NOT NULL,
    document TEXT NOT NULL,
    created  INTEGER NOT NULL,
    by       TEXT NOT NULL,
    PRIMARY KEY (site_id, version)
);

-- Hashes of the passwords that visitors are asked for.
CREATE TABLE visitor_keys (
    site_id INTEGER NOT NULL REFERENCES sites (id),
    name    TEXT NOT NULL,
    hash    BLOB NOT NULL, -- sealed
    PRIMARY KEY (site_id, name)
);

-- Host names that sites had until lately. For some days only their project gets
-- them, so that nobody takes over the visitors of a name that is let go.
CREATE TABLE released_hosts (
    host       TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    released   INTEGER NOT NULL
);
