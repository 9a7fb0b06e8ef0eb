-- A token may be limited to one project; NULL for one that is not.
ALTER TABLE tokens ADD COLUMN project_id INTEGER REFERENCES projects (id);
