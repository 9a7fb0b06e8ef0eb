-- Who made a link, because it gives no more than they may give when it is used.
-- A user is known by name in what was written before; names are unique and stay.
ALTER TABLE invitations ADD COLUMN user_id INTEGER REFERENCES users (id);
UPDATE invitations SET user_id = (SELECT u.id FROM users u WHERE u.name = invitations.by);
CREATE INDEX invitations_user ON invitations (user_id);

-- Of a link for a new password; 0 for the machine itself. NULL is a maker who is
-- not known any more, whose link nobody can use.
ALTER TABLE password_links ADD COLUMN by_id INTEGER;

-- The token with which a token was made; NULL for one that a person made.
ALTER TABLE tokens ADD COLUMN parent INTEGER REFERENCES tokens (id);
CREATE INDEX tokens_parent ON tokens (parent);
