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
	// CreateFirstUser makes the first user, an administrator, and uses the code
	// up, both or
	// neither. A code that is wrong or used, or a user who was faster, is a
	// Forbidden error.
	CreateFirstUser(ctx context.Context, code string, u seedbed.User, address string) (seedbed.User, error)
	// UserByName returns the user of that name, whatever the case of its
	// letters, or a NotFound error.
	UserByName(ctx context.Context, name string) (seedbed.User, error)
	// InvitationFor returns the invitation that the code of a link belongs to.
	// One that cannot be accepted is a Forbidden error that says why.
	InvitationFor(ctx context.Context, code seedbed.Secret) (seedbed.Invitation, error)
	// Join uses an invitation up and makes a user who is in its project, all or
	// nothing. A name that is taken is a Conflict error with the Field "user".
	Join(ctx context.Context, code seedbed.Secret, u seedbed.User, address string) (seedbed.User, error)
	// PasswordLinkUser returns whose password the code of a link sets, or a
	// Forbidden error.
	PasswordLinkUser(ctx context.Context, code seedbed.Secret) (seedbed.User, error)
	// UsePasswordLink uses such a link up, sets the password and ends all
	// sessions of its user.
	UsePasswordLink(ctx context.Context, code seedbed.Secret, passwordHash, address string) (seedbed.User, error)
	// AddEvent records who signed in, and who tried.
	AddEvent(ctx context.Context, e seedbed.Event) error
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
