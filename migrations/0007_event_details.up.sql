-- What a change changed, for those who may see a site's settings.
ALTER TABLE events ADD COLUMN details TEXT NOT NULL DEFAULT '';
