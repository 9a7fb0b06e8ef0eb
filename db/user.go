package db

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"

	"seedbed"
)

// SetSetupCode stores the hash of the one-time code with which the first user
// is made. It takes the place of an earlier one.
func (d *DB) SetSetupCode(ctx context.Context, code string) error {
	hash := sha256.Sum256([]byte(code))
	_, err := d.sql.ExecContext(ctx, `
		INSERT INTO setup_code (only_one, hash) VALUES (1, ?)
		ON CONFLICT (only_one) DO UPDATE SET hash = excluded.hash`, hash[:])
	if err != nil {
		return fmt.Errorf("store the setup code: %w", err)
	}
	return nil
}

// HasUsers reports whether anyone can sign in.
func (d *DB) HasUsers(ctx context.Context) (bool, error) {
	var n int
	if err := d.sql.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n); err != nil {
		return false, fmt.Errorf("count users: %w", err)
	}
	return n > 0, nil
}

// CheckSetupCode returns nil if the code would let somebody make the first
// user, else a Forbidden error.
func (d *DB) CheckSetupCode(ctx context.Context, code string) error {
	return checkSetupCode(ctx, d.sql, code)
}

// CreateFirstUser uses the code up and makes the first user, an administrator
// and an owner of every project, both or neither. A wrong or used code is a
// Forbidden error. address is where the request came from.
func (d *DB) CreateFirstUser(ctx context.Context, code string, u seedbed.User, address string) (seedbed.User, error) {
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		if err := checkSetupCode(ctx, tx, code); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM setup_code`); err != nil {
			return fmt.Errorf("use up the setup code: %w", err)
		}
		u.Created, u.Role = d.Now(), seedbed.Administrator
		err := tx.QueryRowContext(ctx, `
			INSERT INTO users (name, password_hash, role, created) VALUES (?, ?, ?, ?) RETURNING id`,
			u.Name, u.PasswordHash, u.Role, millis(u.Created)).Scan(&u.ID)
		if err != nil {
			return fmt.Errorf("create the first user: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO members (project_id, user_id, role) SELECT id, ?, ? FROM projects`, u.ID, seedbed.Owner); err != nil {
			return fmt.Errorf("make the first user an owner: %w", err)
		}
		by := seedbed.Author{UserID: u.ID, Name: u.Name, Address: address}
		return addEvent(ctx, tx, by.Did(u.Created, "became the first administrator", ""))
	})
	return u, err
}

func checkSetupCode(ctx context.Context, q querier, code string) error {
	var users int
	var stored []byte
	err := q.QueryRowContext(ctx, `SELECT hash, (SELECT count(*) FROM users) FROM setup_code`).Scan(&stored, &users)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("check the setup code: %w", err)
	}
	hash := sha256.Sum256([]byte(code))
	if err == nil && users == 0 && subtle.ConstantTimeCompare(hash[:], stored) == 1 {
		return nil
	}
	return &seedbed.Error{Code: seedbed.Forbidden, Message: "This link cannot be used, or not any more. " +
		"The right one is in the terminal where Seedbed was started; each start prints a new one until there is an administrator."}
}

// UserByName returns the user of that name, in capitals or not, or a NotFound
// error.
func (d *DB) UserByName(ctx context.Context, name string) (seedbed.User, error) {
	return scanUser(d.sql.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.name = ?`, name))
}

const userColumns = `u.id, u.name, u.password_hash, u.role, u.created, u.blocked`

// scanUser reads a user's columns, and more into the places after them.
func scanUser(row scanner, more ...any) (u seedbed.User, err error) {
	var created, blocked sql.NullInt64
	err = row.Scan(append([]any{&u.ID, &u.Name, &u.PasswordHash, &u.Role, &created, &blocked}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return u, seedbed.Missing("There is no such user.")
	}
	if err != nil {
		return u, fmt.Errorf("read a user: %w", err)
	}
	u.Created, u.Blocked = moment(created), moment(blocked)
	return u, nil
}
