-- Roles in the installation: '', 'operator' or 'administrator'. Who was there
-- before could do everything.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN blocked INTEGER; -- when; NULL for whoever may sign in
UPDATE users SET role = 'administrator';

-- A deleted project stays, because deleted sites belong to it; its name is
-- changed to one that no project can have.
ALTER TABLE projects ADD COLUMN deleted INTEGER;
UPDATE projects SET title = 'Main' WHERE name = 'main' AND title = 'Your sites';

CREATE TABLE members (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX members_user ON members (user_id);
INSERT INTO members (project_id, user_id, role) SELECT p.id, u.id, 'owner' FROM projects p, users u;

CREATE TABLE invitations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       TEXT NOT NULL UNIQUE, -- of the code in the link, which is not kept
    project_id INTEGER NOT NULL REFERENCES projects (id),
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'owner')),
    note       TEXT NOT NULL,
    by         TEXT NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    used       INTEGER,
    revoked    INTEGER
);
CREATE INDEX invitations_project ON invitations (project_id);

-- Links with which somebody sets a new password; at most one for each.
CREATE TABLE password_links (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    hash    TEXT NOT NULL UNIQUE,
    expires INTEGER NOT NULL
);

ALTER TABLE events ADD COLUMN user_id INTEGER;               -- who did it, or whom it happened to
ALTER TABLE events ADD COLUMN program TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN project_id INTEGER;            -- of what is about a project and no site
ALTER TABLE events ADD COLUMN site_id INTEGER;
UPDATE events SET user_id = (SELECT u.id FROM users u WHERE u.name = events.who);
UPDATE events SET site_id = (SELECT s.id FROM sites s WHERE events.subject = 's' || s.id || '-' || s.name);
CREATE INDEX events_site ON events (site_id);
CREATE INDEX events_user ON events (user_id);
