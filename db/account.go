package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

// Users returns all who have an account, by name, without their passwords.
func (d *DB) Users(ctx context.Context) ([]seedbed.User, error) {
	users, err := collect(ctx, d.sql, func(s scanner) (seedbed.User, error) {
		u, err := scanUser(s)
		u.PasswordHash = ""
		return u, err
	}, `SELECT `+userColumns+` FROM users u ORDER BY lower(u.name)`)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return users, nil
}

// changeUser does something to a user in a transaction and records what.
func (d *DB) changeUser(ctx context.Context, id int64, by seedbed.Author, change func(*sql.Tx, seedbed.User) (did string, err error)) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		user, err := scanUser(tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = ?`, id))
		if err != nil {
			return err
		}
		did, err := change(tx, user)
		if err != nil || did == "" {
			return err
		}
		return addEvent(ctx, tx, by.Did(d.Now(), did, ""))
	})
}

// ChangeRole gives a user another role in the installation. The last
// administrator stays one: that is a Conflict. Links that they may make no more
// end.
func (d *DB) ChangeRole(ctx context.Context, id int64, role seedbed.Role, by seedbed.Author) error {
	return d.changeUser(ctx, id, by, func(tx *sql.Tx, user seedbed.User) (string, error) {
		if user.Role == role {
			return "", nil
		}
		if err := keepAnAdministrator(ctx, tx, user); err != nil {
			return "", err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET role = ? WHERE id = ?`, role, id); err != nil {
			return "", fmt.Errorf("change the role of user %d: %w", id, err)
		}
		if err := d.withdrawLinks(ctx, tx, id); err != nil {
			return "", err
		}
		if role == "" {
			return "took the role of " + string(user.Role) + " from " + user.Name, nil
		}
		return "made " + user.Name + " " + roleTold(role), nil
	})
}

// BlockUser keeps somebody from signing in, and ends their sessions and the
// links that they made, also for when they may sign in again. The last
// administrator cannot be blocked: that is a Conflict.
func (d *DB) BlockUser(ctx context.Context, id int64, by seedbed.Author) error {
	return d.changeUser(ctx, id, by, func(tx *sql.Tx, user seedbed.User) (string, error) {
		if !user.Blocked.IsZero() {
			return "", nil
		}
		if err := keepAnAdministrator(ctx, tx, user); err != nil {
			return "", err
		}
		for _, statement := range []string{
			`UPDATE users SET blocked = ?2 WHERE id = ?1`, `DELETE FROM sessions WHERE user_id = ?1`, `DELETE FROM password_links WHERE user_id = ?1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id, millis(d.Now())); err != nil {
				return "", fmt.Errorf("block user %d: %w", id, err)
			}
		}
		return "blocked " + user.Name, d.withdrawLinks(ctx, tx, id)
	})
}

// UnblockUser lets somebody sign in again.
func (d *DB) UnblockUser(ctx context.Context, id int64, by seedbed.Author) error {
	return d.changeUser(ctx, id, by, func(tx *sql.Tx, user seedbed.User) (string, error) {
		if user.Blocked.IsZero() {
			return "", nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET blocked = NULL WHERE id = ?`, id); err != nil {
			return "", fmt.Errorf("unblock user %d: %w", id, err)
		}
		return "let " + user.Name + " sign in again", nil
	})
}

// keepAnAdministrator is a Conflict if there would be no administrator who can
// sign in.
func keepAnAdministrator(ctx context.Context, tx *sql.Tx, leaving seedbed.User) error {
	if leaving.Role != seedbed.Administrator {
		return nil
	}
	var others int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE role = ? AND blocked IS NULL AND id <> ?`, seedbed.Administrator, leaving.ID).Scan(&others)
	if err != nil {
		return fmt.Errorf("count administrators: %w", err)
	}
	if others == 0 {
		return &seedbed.Error{Code: seedbed.Conflict, Message: leaving.Name + " is the last administrator, and Seedbed needs one. Make somebody else an administrator first."}
	}
	return nil
}

// OfferPassword writes down a link with which a user sets a new password, in
// place of an earlier one; of its code only the hash is kept.
func (d *DB) OfferPassword(ctx context.Context, id int64, code seedbed.Secret, expires time.Time, by seedbed.Author) error {
	return d.changeUser(ctx, id, by, func(tx *sql.Tx, user seedbed.User) (string, error) {
		if !user.Blocked.IsZero() {
			return "", &seedbed.Error{Code: seedbed.Conflict, Message: user.Name + " is blocked, so a new password would be of no use. Let them sign in again first."}
		}
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO password_links (user_id, hash, expires, by_id) VALUES (?, ?, ?, ?)`, id, hashOf(code), millis(expires), by.UserID)
		if err != nil {
			return "", fmt.Errorf("offer user %d a new password: %w", id, err)
		}
		return "made a link for " + user.Name + " to set a new password", nil
	})
}

// PasswordLinkUser returns whose password a link sets. One that cannot be used,
// or not any more, is a Forbidden error; so is one of somebody who may make none
// by now.
func (d *DB) PasswordLinkUser(ctx context.Context, code seedbed.Secret) (user seedbed.User, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		user, err = d.passwordLinkUser(ctx, tx, code)
		return err
	})
	return user, err
}

func (d *DB) passwordLinkUser(ctx context.Context, q querier, code seedbed.Secret) (seedbed.User, error) {
	var by sql.NullInt64
	user, err := scanUser(q.QueryRowContext(ctx, `
		SELECT `+userColumns+`, l.by_id FROM password_links l JOIN users u ON u.id = l.user_id
		WHERE l.hash = ? AND l.expires > ? AND u.blocked IS NULL`, hashOf(code), millis(d.Now())), &by)
	here := by.Valid && by.Int64 == 0 // made on the machine itself
	if err == nil && !here {
		err = mayNow(ctx, q, by.Int64, 0, seedbed.ChangePeople)
	}
	if seedbed.IsNotFound(err) || seedbed.CodeOf(err) == seedbed.Forbidden {
		return seedbed.User{}, &seedbed.Error{Code: seedbed.Forbidden, Message: "This link cannot be used, or not any more: it works once, for a day. Ask an administrator for a new one."}
	}
	return user, err
}

// UsePasswordLink uses a link up, sets the password and ends all sessions and
// tokens of its user: such a link is given to who may have lost more than a
// password. address is where the request came from.
func (d *DB) UsePasswordLink(ctx context.Context, code seedbed.Secret, passwordHash, address string) (user seedbed.User, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		if user, err = d.passwordLinkUser(ctx, tx, code); err != nil {
			return err
		}
		if err := setPassword(ctx, tx, user.ID, passwordHash, ""); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE tokens SET revoked = ? WHERE user_id = ? AND revoked IS NULL`, millis(d.Now()), user.ID); err != nil {
			return fmt.Errorf("revoke the tokens of user %d: %w", user.ID, err)
		}
		by := seedbed.Author{UserID: user.ID, Name: user.Name, Address: address}
		return addEvent(ctx, tx, by.Did(d.Now(), "set a new password with a link, which ended their sessions and tokens", ""))
	})
	return user, err
}

// ChangePassword sets a user's password and ends all of their sessions but the
// one with the hash keep.
func (d *DB) ChangePassword(ctx context.Context, passwordHash, keep string, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		if err := setPassword(ctx, tx, by.UserID, passwordHash, keep); err != nil {
			return err
		}
		return addEvent(ctx, tx, by.Did(d.Now(), "changed their password", ""))
	})
}

func setPassword(ctx context.Context, tx *sql.Tx, user int64, hash, keep string) error {
	_, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = ? WHERE id = ?`, hash, user)
	_, sessions := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = ? AND hash <> ?`, user, keep)
	_, links := tx.ExecContext(ctx, `DELETE FROM password_links WHERE user_id = ?`, user)
	if err := errors.Join(err, sessions, links); err != nil {
		return fmt.Errorf("set the password of user %d: %w", user, err)
	}
	return nil
}

// EndSessions signs a user out everywhere.
func (d *DB) EndSessions(ctx context.Context, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = ?`, by.UserID); err != nil {
			return fmt.Errorf("end the sessions of user %d: %w", by.UserID, err)
		}
		return addEvent(ctx, tx, by.Did(d.Now(), "signed out everywhere", ""))
	})
}
