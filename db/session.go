package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"seedbed"
)

// StartSession adds a session, known by the hash of its id.
func (d *DB) StartSession(ctx context.Context, hash string, userID int64, at time.Time) error {
	_, err := d.sql.ExecContext(ctx, `INSERT INTO sessions (hash, user_id, started, seen) VALUES (?1, ?2, ?3, ?3)`, hash, userID, millis(at))
	if err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	return nil
}

// SessionUser returns whose session it is and when it was last seen. One that
// was started before startedAfter, or last seen before seenAfter, is a NotFound
// error, as one that is
// not there and one of somebody who is blocked.
func (d *DB) SessionUser(ctx context.Context, hash string, startedAfter, seenAfter time.Time) (seedbed.User, time.Time, error) {
	var seen sql.NullInt64
	user, err := scanUser(d.sql.QueryRowContext(ctx, `
		SELECT `+userColumns+`, s.seen FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.hash = ? AND s.started >= ? AND s.seen >= ? AND u.blocked IS NULL`, hash, millis(startedAfter), millis(seenAfter)), &seen)
	return user, moment(seen), err
}

// TouchSession records when a session was last seen.
func (d *DB) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	if _, err := d.sql.ExecContext(ctx, `UPDATE sessions SET seen = ? WHERE hash = ?`, millis(seen), hash); err != nil {
		return fmt.Errorf("touch a session: %w", err)
	}
	return nil
}

// EndSession deletes a session. One that is not there is no error.
func (d *DB) EndSession(ctx context.Context, hash string) error {
	if _, err := d.sql.ExecContext(ctx, `DELETE FROM sessions WHERE hash = ?`, hash); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// ExpireSessions deletes the sessions that SessionUser would not return.
func (d *DB) ExpireSessions(ctx context.Context, startedAfter, seenAfter time.Time) error {
	_, err := d.sql.ExecContext(ctx, `DELETE FROM sessions WHERE started < ? OR seen < ?`, millis(startedAfter), millis(seenAfter))
	if err != nil {
		return fmt.Errorf("expire sessions: %w", err)
	}
	return nil
}
