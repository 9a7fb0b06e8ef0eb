package db

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

const tokenColumns = `t.id, t.user_id, t.name, t.scope, t.created, t.expires, t.used, t.revoked, t.project_id, coalesce(p.name, '')`

const fromTokens = `tokens t LEFT JOIN projects p ON p.id = t.project_id`

// scanToken reads a token's columns, and more into the places after them.
func scanToken(s scanner, more ...any) (t seedbed.Token, err error) {
	var created, expires, used, revoked, project sql.NullInt64
	err = s.Scan(append([]any{&t.ID, &t.UserID, &t.Name, &t.Scope, &created, &expires, &used, &revoked, &project, &t.Project}, more...)...)
	t.Created, t.Expires, t.Used, t.Revoked = moment(created), moment(expires), moment(used), moment(revoked)
	t.ProjectID = project.Int64
	return t, err
}

func noToken() error { return seedbed.Missing("There is no such token.") }

// CreateToken writes a token of by down, with the hash of its secret. Its ID and
// Created are set here.
func (d *DB) CreateToken(ctx context.Context, t seedbed.Token, secret seedbed.Secret, by seedbed.Author) (seedbed.Token, error) {
	hash := sha256.Sum256([]byte(secret.Reveal()))
	t.UserID, t.Created = by.UserID, d.Now()
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		if err := checkRoom(ctx, tx, t); err != nil {
			return err
		}
		if err := checkParent(ctx, tx, t); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `
			INSERT INTO tokens (user_id, name, hash, scope, project_id, created, expires, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			t.UserID, t.Name, hash[:], t.Scope, orNull(t.ProjectID), millis(t.Created), millis(t.Expires), orNull(t.Parent)).Scan(&t.ID)
		if err != nil {
			return fmt.Errorf("insert token %q: %w", t.Name, err)
		}
		return addEvent(ctx, tx, by.Did(t.Created, "made the token "+t.Name+" with the scope "+t.Scope.String()+limitSaid(t), ""))
	})
	return t, err
}

// checkRoom is a Conflict if a user has as many tokens as they may.
func checkRoom(ctx context.Context, tx *sql.Tx, t seedbed.Token) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM tokens WHERE user_id = ? AND revoked IS NULL AND expires > ?`, t.UserID, millis(t.Created)).Scan(&n)
	switch {
	case err != nil:
		return fmt.Errorf("count the tokens of user %d: %w", t.UserID, err)
	case n >= seedbed.MaxTokens:
		return &seedbed.Error{Code: seedbed.Conflict, Message: fmt.Sprintf("You have %d tokens, and %d are the most. Revoke one that is not needed any more.", n, seedbed.MaxTokens)}
	}
	return nil
}

// checkParent is an Unauthorized error if the token that makes another one was
// revoked a moment ago: the new one would outlive it.
func checkParent(ctx context.Context, tx *sql.Tx, t seedbed.Token) error {
	if t.Parent == 0 {
		return nil
	}
	var good bool
	err := tx.QueryRowContext(ctx, `SELECT count(*) > 0 FROM tokens WHERE id = ? AND user_id = ? AND revoked IS NULL`, t.Parent, t.UserID).Scan(&good)
	switch {
	case err != nil:
		return fmt.Errorf("look for token %d: %w", t.Parent, err)
	case !good:
		return &seedbed.Error{Code: seedbed.Unauthorized, Message: "This token was revoked. Make a new one."}
	}
	return nil
}

func limitSaid(t seedbed.Token) string {
	if t.ProjectID == 0 {
		return ""
	}
	return " for the project " + string(t.Project) + " alone"
}

// Tokens returns the tokens of a user that were not revoked, newest first.
func (d *DB) Tokens(ctx context.Context, userID int64) ([]seedbed.Token, error) {
	tokens, err := collect(ctx, d.sql, func(s scanner) (seedbed.Token, error) { return scanToken(s) }, `
		SELECT `+tokenColumns+` FROM `+fromTokens+` WHERE t.user_id = ? AND t.revoked IS NULL ORDER BY t.id DESC`, userID)
	if err != nil {
		return nil, fmt.Errorf("read the tokens of user %d: %w", userID, err)
	}
	return tokens, nil
}

// RevokeToken ends a token of its author's, and all that were made with it or
// with those. One that is not theirs, or ended already, is NotFound.
func (d *DB) RevokeToken(ctx context.Context, id int64, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		now := d.Now()
		var name string
		err := tx.QueryRowContext(ctx, `
			UPDATE tokens SET revoked = ? WHERE id = ? AND user_id = ? AND revoked IS NULL RETURNING name`,
			millis(now), id, by.UserID).Scan(&name)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return noToken()
		case err != nil:
			return fmt.Errorf("revoke token %d: %w", id, err)
		}
		more, err := revokeChildren(ctx, tx, id, now)
		if err != nil {
			return err
		}
		return addEvent(ctx, tx, by.Did(now, "revoked the token "+name+more, ""))
	})
}

// revokeChildren ends the tokens that were made with one, and with those, and says
// how many.
func revokeChildren(ctx context.Context, tx *sql.Tx, id int64, now time.Time) (told string, err error) {
	result, err := tx.ExecContext(ctx, `
		WITH RECURSIVE made (id) AS (
			SELECT id FROM tokens WHERE parent = ?1 UNION SELECT t.id FROM tokens t JOIN made ON t.parent = made.id
		)
		UPDATE tokens SET revoked = ?2 WHERE revoked IS NULL AND id IN (SELECT id FROM made)`, id, millis(now))
	if err != nil {
		return "", fmt.Errorf("revoke what token %d made: %w", id, err)
	}
	switch n, err := result.RowsAffected(); {
	case err != nil || n == 0:
		return "", err
	case n == 1:
		return " and one that was made with it", nil
	default:
		return fmt.Sprintf(" and %d that were made with it", n), nil
	}
}

// TokenHolder returns a token and its user. A token that is not there, and a
// wrong secret, are the same NotFound error.
func (d *DB) TokenHolder(ctx context.Context, id int64, secret seedbed.Secret) (seedbed.Token, seedbed.User, error) {
	var kept []byte
	token, err := scanToken(d.sql.QueryRowContext(ctx, `SELECT `+tokenColumns+`, t.hash FROM `+fromTokens+` WHERE t.id = ?`, id), &kept)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return seedbed.Token{}, seedbed.User{}, fmt.Errorf("read token %d: %w", id, err)
	}
	hash := sha256.Sum256([]byte(secret.Reveal()))
	if subtle.ConstantTimeCompare(hash[:], kept) != 1 {
		return seedbed.Token{}, seedbed.User{}, noToken()
	}
	user, err := scanUser(d.sql.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = ?`, token.UserID))
	return token, user, err
}

// TouchToken records when a token was last used.
func (d *DB) TouchToken(ctx context.Context, id int64, at time.Time) error {
	if _, err := d.sql.ExecContext(ctx, `UPDATE tokens SET used = ? WHERE id = ?`, millis(at), id); err != nil {
		return fmt.Errorf("touch token %d: %w", id, err)
	}
	return nil
}
