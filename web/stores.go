package web

import (
	"context"
	"time"

	"seedbed"
)

// Store is what signing in needs of the database.
type Store interface {
	Accounts
	Sessions
}

// Accounts knows who may sign in.
type Accounts interface {
	// HasUsers reports whether anyone can sign in.
	HasUsers(ctx context.Context) (bool, error)
	// CheckSetupCode returns nil if code is the one-time code for making the
	// first user, else a Forbidden error; always that once there is a user.
	CheckSetupCode(ctx context.Context, code string) error
	// CreateFirstUser makes the first user and uses the code up, both or
	// neither. A code that is wrong or used, or a user who was faster, is a
	// Forbidden error.
	CreateFirstUser(ctx context.Context, code string, u seedbed.User) (seedbed.User, error)
	// UserByName returns the user of that name, whatever the case of its
	// letters, or a NotFound error.
	UserByName(ctx context.Context, name string) (seedbed.User, error)
}

// Sessions keeps one row for each browser that is signed in. It is given only
// the hash of a session's id, in hexadecimal: who reads the rows cannot sign
// in with them.
type Sessions interface {
	// StartSession adds a row that was started and last seen at the given time.
	StartSession(ctx context.Context, hash string, userID int64, at time.Time) error
	// SessionUser returns whose session it is and when it was last seen. A
	// session that was started before startedAfter, or last seen before
	// seenAfter, is a NotFound error, as one that is not there.
	SessionUser(ctx context.Context, hash string, startedAfter, seenAfter time.Time) (user seedbed.User, seen time.Time, err error)
	// TouchSession records when a session was last seen.
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	// EndSession deletes a row. One that is not there is no error.
	EndSession(ctx context.Context, hash string) error
	// ExpireSessions deletes the rows that SessionUser would not return.
	ExpireSessions(ctx context.Context, startedAfter, seenAfter time.Time) error
}
