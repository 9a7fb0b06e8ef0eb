package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"seedbed"
)

// hashOf is what is kept of the code in a link.
func hashOf(code seedbed.Secret) string {
	sum := sha256.Sum256([]byte(code.Reveal()))
	return hex.EncodeToString(sum[:])
}

const invitationColumns = `i.id, i.role, i.note, i.by, i.created, i.expires, p.id, p.name, p.title`

// Invite writes an invitation down; of its code only the hash is kept.
func (d *DB) Invite(ctx context.Context, i seedbed.Invitation, code seedbed.Secret, by seedbed.Author) (id int64, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		project, err := projectFor(ctx, tx, i.Project.ID)
		if err != nil {
			return err
		}
		if err := d.checkOpen(ctx, tx, project.ID); err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `
			INSERT INTO invitations (hash, project_id, role, note, by, user_id, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			hashOf(code), project.ID, i.Role, i.Note, by.Name, orNull(by.UserID), millis(d.Now()), millis(i.Expires)).Scan(&id)
		if err != nil {
			return fmt.Errorf("insert an invitation: %w", err)
		}
		what := "invited somebody to be " + roleTold(i.Role) + " of the project " + string(project.Title)
		return addEvent(ctx, tx, by.DidIn(project.ID, d.Now(), what))
	})
	return id, err
}

// checkOpen is a Conflict if as many invitations to a project are open as may be.
func (d *DB) checkOpen(ctx context.Context, tx *sql.Tx, project int64) error {
	var n int
	err := tx.QueryRowContext(ctx, `
		SELECT count(*) FROM invitations WHERE project_id = ? AND used IS NULL AND revoked IS NULL AND expires > ?`, project, millis(d.Now())).Scan(&n)
	switch {
	case err != nil:
		return fmt.Errorf("count the invitations to project %d: %w", project, err)
	case n >= seedbed.MaxInvitations:
		return &seedbed.Error{Code: seedbed.Conflict, Message: fmt.Sprintf("%d invitations to this project were not accepted yet, and that is the most. Take one back that is not needed any more.", n)}
	}
	return nil
}

// Invitations returns the invitations to a project that can still be accepted,
// newest first.
func (d *DB) Invitations(ctx context.Context, project int64) ([]seedbed.Invitation, error) {
	invitations, err := collect(ctx, d.sql, func(s scanner) (seedbed.Invitation, error) { return scanInvitation(s) }, `
		SELECT `+invitationColumns+` FROM invitations i JOIN projects p ON p.id = i.project_id
		WHERE i.project_id = ? AND i.used IS NULL AND i.revoked IS NULL AND i.expires > ? ORDER BY i.id DESC`, project, millis(d.Now()))
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	return invitations, nil
}

func scanInvitation(s scanner, more ...any) (i seedbed.Invitation, err error) {
	var created, expires sql.NullInt64
	err = s.Scan(append([]any{&i.ID, &i.Role, &i.Note, &i.By, &created, &expires, &i.Project.ID, &i.Project.Name, &i.Project.Title}, more...)...)
	i.Created, i.Expires = moment(created), moment(expires)
	return i, err
}

// RevokeInvitation ends an invitation to a project. One that was used or
// revoked already is NotFound.
func (d *DB) RevokeInvitation(ctx context.Context, project, id int64, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			UPDATE invitations SET revoked = ? WHERE id = ? AND project_id = ? AND used IS NULL AND revoked IS NULL`, millis(d.Now()), id, project)
		if err != nil {
			return fmt.Errorf("revoke invitation %d: %w", id, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, seedbed.Missing("There is no such invitation, or it was used already. Look who is in the project."))
		}
		return d.tellMember(ctx, tx, project, by, "took back an invitation to")
	})
}

// InvitationFor returns the invitation that a code belongs to. One that cannot
// be accepted is a Forbidden error that says why; so is one of somebody who may
// invite nobody by now.
func (d *DB) InvitationFor(ctx context.Context, code seedbed.Secret) (invitation seedbed.Invitation, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		invitation, err = d.invitationFor(ctx, tx, code)
		return err
	})
	return invitation, err
}

func (d *DB) invitationFor(ctx context.Context, q querier, code seedbed.Secret) (seedbed.Invitation, error) {
	var used, revoked, by sql.NullInt64
	invitation, err := scanInvitation(q.QueryRowContext(ctx, `
		SELECT `+invitationColumns+`, i.used, i.revoked, i.user_id FROM invitations i JOIN projects p ON p.id = i.project_id
		WHERE i.hash = ? AND p.deleted IS NULL`, hashOf(code)), &used, &revoked, &by)
	refused := func(sentence string) (seedbed.Invitation, error) {
		return seedbed.Invitation{}, &seedbed.Error{Code: seedbed.Forbidden, Message: sentence + " Ask whoever invited you for a new one."}
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return refused("This is not the link of an invitation, or not all of it.")
	case err != nil:
		return invitation, fmt.Errorf("read an invitation: %w", err)
	case used.Valid:
		return refused("This invitation was accepted already; it works once.")
	case revoked.Valid:
		return refused("This invitation was taken back.")
	case !invitation.Expires.After(d.Now()):
		return refused("This invitation has expired.")
	}
	err = mayNow(ctx, q, by.Int64, invitation.Project.ID, seedbed.ChangeMembers)
	if seedbed.CodeOf(err) == seedbed.Forbidden {
		return seedbed.Invitation{}, &seedbed.Error{Code: seedbed.Forbidden, Message: "Whoever made this invitation may invite nobody to this project any more. Ask an owner of the project for a new one."}
	}
	return invitation, err
}

// AcceptInvitation uses an invitation up and puts its author into the project,
// both or neither. Somebody who may as much already is a Conflict, and the
// invitation stays.
func (d *DB) AcceptInvitation(ctx context.Context, code seedbed.Secret, by seedbed.Author) (invitation seedbed.Invitation, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		invitation, err = d.accept(ctx, tx, code, by)
		return err
	})
	return invitation, err
}

// Join uses an invitation up, makes a user and puts them into the project, all
// or nothing. A name that is taken is a Conflict beside the field "user".
// address is where the request came from.
func (d *DB) Join(ctx context.Context, code seedbed.Secret, u seedbed.User, address string) (seedbed.User, error) {
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := d.invitationFor(ctx, tx, code); err != nil {
			return err
		}
		var taken bool
		if err := tx.QueryRowContext(ctx, `SELECT count(*) > 0 FROM users WHERE name = ?`, u.Name).Scan(&taken); err != nil {
			return fmt.Errorf("look for a taken name: %w", err)
		}
		if taken {
			return &seedbed.Error{Code: seedbed.Conflict, Field: "user", Message: "Somebody has this name already. Choose another one, or sign in first if it is you."}
		}
		u.Created, u.Role = d.Now(), ""
		err := tx.QueryRowContext(ctx, `INSERT INTO users (name, password_hash, created) VALUES (?, ?, ?) RETURNING id`,
			u.Name, u.PasswordHash, millis(u.Created)).Scan(&u.ID)
		if err != nil {
			return fmt.Errorf("insert a user: %w", err)
		}
		_, err = d.accept(ctx, tx, code, seedbed.Author{UserID: u.ID, Name: u.Name, Address: address})
		return err
	})
	return u, err
}

func (d *DB) accept(ctx context.Context, tx *sql.Tx, code seedbed.Secret, by seedbed.Author) (seedbed.Invitation, error) {
	invitation, err := d.invitationFor(ctx, tx, code)
	if err != nil {
		return invitation, err
	}
	roles, err := memberships(ctx, tx, by.UserID)
	if err != nil {
		return invitation, err
	}
	if has := roles[invitation.Project.ID]; has.Covers(invitation.Role) {
		return invitation, &seedbed.Error{Code: seedbed.Conflict, Message: "You are in this project already, as " + roleTold(has) + ". Give the link to whom it was meant for."}
	}
	if err := putMember(ctx, tx, invitation.Project.ID, by.UserID, invitation.Role); err != nil {
		return invitation, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE invitations SET used = ? WHERE id = ?`, millis(d.Now()), invitation.ID); err != nil {
		return invitation, fmt.Errorf("use invitation %d up: %w", invitation.ID, err)
	}
	what := "accepted " + invitation.By + "’s invitation and is now " + roleTold(invitation.Role) + " of the project " + string(invitation.Project.Title)
	return invitation, addEvent(ctx, tx, by.DidIn(invitation.Project.ID, d.Now(), what))
}
