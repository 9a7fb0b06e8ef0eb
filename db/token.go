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
		err := tx.QueryRowContext(ctx, `
			INSERT INTO tokens (user_id, name, hash, scope, project_id, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			t.UserID, t.Name, hash[:], t.Scope, orNull(t.ProjectID), millis(t.Created), millis(t.Expires)).Scan(&t.ID)
		if err != nil {
			return fmt.Errorf("insert token %q: %w", t.Name, err)
		}
		return addEvent(ctx, tx, by.Did(t.Created, "made the token "+t.Name+" with the scope "+t.Scope.String()+limitSaid(t), ""))
	})
	return t, err
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

// RevokeToken ends a token of its author's. One that is not theirs, or ended
// already, is NotFound.
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
		return addEvent(ctx, tx, by.Did(now, "revoked the token "+name, ""))
	})
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
