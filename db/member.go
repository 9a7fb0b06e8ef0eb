package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"seedbed"
)

// Reach returns all that a user is, now. Somebody who is blocked or not there
// is an Unauthorized error.
func (d *DB) Reach(ctx context.Context, userID int64) (reach seedbed.Reach, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		reach, err = reachOf(ctx, tx, userID)
		return err
	})
	return reach, err
}

func reachOf(ctx context.Context, q querier, userID int64) (reach seedbed.Reach, err error) {
	err = q.QueryRowContext(ctx, `SELECT role FROM users WHERE id = ? AND blocked IS NULL`, userID).Scan(&reach.Installation)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return reach, &seedbed.Error{Code: seedbed.Unauthorized, Message: "Sign in first."}
	case err != nil:
		return reach, fmt.Errorf("read the role of user %d: %w", userID, err)
	}
	reach.Projects, err = memberships(ctx, q, userID)
	return reach, err
}

func memberships(ctx context.Context, q querier, userID int64) (map[int64]seedbed.Role, error) {
	type membership struct {
		project int64
		role    seedbed.Role
	}
	rows, err := collect(ctx, q, func(s scanner) (m membership, err error) {
		err = s.Scan(&m.project, &m.role)
		return m, err
	}, `SELECT m.project_id, m.role FROM members m WHERE m.user_id = ?`, userID)
	if err != nil {
		return nil, fmt.Errorf("read the projects of user %d: %w", userID, err)
	}
	roles := make(map[int64]seedbed.Role, len(rows))
	for _, m := range rows {
		roles[m.project] = m.role
	}
	return roles, nil
}

// Members returns who is in a project, by name.
func (d *DB) Members(ctx context.Context, project int64) ([]seedbed.Member, error) {
	members, err := collect(ctx, d.sql, func(s scanner) (m seedbed.Member, err error) {
		err = s.Scan(&m.UserID, &m.Name, &m.Role, &m.Blocked)
		return m, err
	}, `
		SELECT u.id, u.name, m.role, u.blocked IS NOT NULL FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.project_id = ? ORDER BY lower(u.name)`, project)
	if err != nil {
		return nil, fmt.Errorf("read the members of project %d: %w", project, err)
	}
	return members, nil
}

// putMember gives a user a role in a project, whether they were in it or not.
func putMember(ctx context.Context, tx *sql.Tx, project, user int64, role seedbed.Role) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO members (project_id, user_id, role) VALUES (?, ?, ?)
		ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role`, project, user, role)
	if err != nil {
		return fmt.Errorf("put user %d into project %d: %w", user, project, err)
	}
	return nil
}

// ChangeMember gives a member another role. The last owner stays one: that is a
// Conflict. Somebody who is not in the project is NotFound. Links that they may
// make no more end.
func (d *DB) ChangeMember(ctx context.Context, project, user int64, role seedbed.Role, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		member, err := memberOf(ctx, tx, project, user)
		if err != nil || member.Role == role {
			return err
		}
		if err := keepAnOwner(ctx, tx, project, member); err != nil {
			return err
		}
		if err := putMember(ctx, tx, project, user, role); err != nil {
			return err
		}
		if err := d.withdrawLinks(ctx, tx, user); err != nil {
			return err
		}
		return d.tellMember(ctx, tx, project, by, "made "+member.Name+" "+roleTold(role)+" of")
	})
}

// RemoveMember takes somebody out of a project. The last owner stays: that is a
// Conflict. Somebody who is not in the project is NotFound. Links that they may
// make no more end.
func (d *DB) RemoveMember(ctx context.Context, project, user int64, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		member, err := memberOf(ctx, tx, project, user)
		if err != nil {
			return err
		}
		if err := keepAnOwner(ctx, tx, project, member); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM members WHERE project_id = ? AND user_id = ?`, project, user); err != nil {
			return fmt.Errorf("remove user %d from project %d: %w", user, project, err)
		}
		if err := d.withdrawLinks(ctx, tx, user); err != nil {
			return err
		}
		return d.tellMember(ctx, tx, project, by, "removed "+member.Name+" from")
	})
}

func memberOf(ctx context.Context, tx *sql.Tx, project, user int64) (m seedbed.Member, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT u.id, u.name, m.role FROM members m JOIN users u ON u.id = m.user_id WHERE m.project_id = ? AND m.user_id = ?`,
		project, user).Scan(&m.UserID, &m.Name, &m.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return m, seedbed.Missing("They are not in this project, or not any more.")
	}
	return m, err
}

// keepAnOwner is a Conflict if the project would be without an owner who can
// sign in.
func keepAnOwner(ctx context.Context, tx *sql.Tx, project int64, leaving seedbed.Member) error {
	if leaving.Role != seedbed.Owner {
		return nil
	}
	var others int
	err := tx.QueryRowContext(ctx, `
		SELECT count(*) FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.project_id = ? AND m.role = ? AND u.blocked IS NULL AND u.id <> ?`, project, seedbed.Owner, leaving.UserID).Scan(&others)
	if err != nil {
		return fmt.Errorf("count the owners of project %d: %w", project, err)
	}
	if others == 0 {
		return &seedbed.Error{Code: seedbed.Conflict, Message: leaving.Name + " is the last owner of this project, and a project needs one. Make somebody else an owner first."}
	}
	return nil
}

func (d *DB) tellMember(ctx context.Context, tx *sql.Tx, project int64, by seedbed.Author, did string) error {
	p, err := projectFor(ctx, tx, project)
	if err != nil {
		return err
	}
	return addEvent(ctx, tx, by.DidIn(project, d.Now(), did+" the project "+string(p.Title)))
}

// roleTold is a role with its article: "an owner".
func roleTold(role seedbed.Role) string {
	if role == seedbed.Viewer {
		return "a viewer"
	}
	return "an " + string(role)
}
