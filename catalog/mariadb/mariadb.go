// Package mariadb administers shared MariaDB servers: it makes and deletes each
// site's own schema with the user that may use it, and nothing else.
//
// Connections are made for one task and closed after it. The package starts no
// server, keeps no pool and never reads or changes what sites store but to dump
// and load it.
package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"seedbed"
)

const (
	admin = "seedbed"
	// userLimit is how many connections one site may have, so that one cannot
	// take those of all.
	userLimit = 30

	taskTimeout    = 90 * time.Second
	connectTimeout = 5 * time.Second
)

// Kind is the MariaDB kind of shared service. It implements
// reconcile.ServiceKind; all of it may be repeated and may be stopped in the
// middle. Errors are Unavailable when the server does not answer.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Check returns nil if the server answers its administrator.
func (*Kind) Check(ctx context.Context, e seedbed.Endpoint) error {
	return asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error { return conn.PingContext(ctx) })
}

// Ensure makes the site's schema and user, with the password of b. The user is
// locked until it has its rights and its password. What an interrupted call has
// left half done is completed.
func (*Kind) Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	name, user := quote(b.Name), userOf(b.Name)
	return asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn,
			"CREATE USER IF NOT EXISTS "+user+" ACCOUNT LOCK",
			"CREATE DATABASE IF NOT EXISTS "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
			"GRANT ALL PRIVILEGES ON "+name+".* TO "+user,
			"ALTER USER "+user+" IDENTIFIED BY PASSWORD '"+nativeHash(b.Password)+"' WITH MAX_USER_CONNECTIONS "+strconv.Itoa(userLimit)+" ACCOUNT UNLOCK")
	})
}

// Bound reports whether the site's user can sign in to its schema with its
// password.
func (*Kind) Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error) {
	if err := checkBinding(b); err != nil {
		return false, err
	}
	err := as(ctx, e, account{b.Name, b.Password, b.Name}, func(context.Context, *sql.Conn) error { return nil })
	switch codeOf(err) {
	case accessDenied, refusedByPlugin, accessToSchemaDenied, noSuchSchema, accountLocked:
		return false, nil
	case tooManyOfUser, limitOfUser: // counted only after the password was right
		return true, nil
	}
	return err == nil, err
}

// Gone reports whether neither the site's schema nor its user is there.
func (*Kind) Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (gone bool, err error) {
	if err := checkName(b.Name); err != nil {
		return false, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error {
		const question = `SELECT NOT EXISTS (SELECT * FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?)
			AND NOT EXISTS (SELECT * FROM mysql.global_priv WHERE User = ?)
			AND NOT EXISTS (SELECT * FROM mysql.db WHERE User = ? OR Db = ?)`
		if err := conn.QueryRowContext(ctx, question, b.Name, b.Name, b.Name, b.Name).Scan(&gone); err != nil {
			return fmt.Errorf("look for schema and user %q: %w", b.Name, err)
		}
		return nil
	})
	return gone && err == nil, err
}

// Remove ends the connections of the site's user, deletes its schema and then
// the user. What is not there is no error.
func (*Kind) Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	return asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error {
		if err := shutOut(ctx, conn, b.Name); err != nil {
			return err
		}
		return run(ctx, conn, "DROP DATABASE IF EXISTS "+quote(b.Name), "DROP USER IF EXISTS "+userOf(b.Name))
	})
}

// Rotate is Ensure for a schema that may be in use with another password: it
// first locks the user and ends its connections.
func (k *Kind) Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	if err := asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error { return shutOut(ctx, conn, b.Name) }); err != nil {
		return err
	}
	return k.Ensure(ctx, e, b)
}

// shutOut keeps a user from connecting until Ensure lets it in again, and ends
// the connections that it has.
func shutOut(ctx context.Context, conn *sql.Conn, name string) error {
	if err := run(ctx, conn, "ALTER USER IF EXISTS "+userOf(name)+" ACCOUNT LOCK"); err != nil {
		return err
	}
	ids, err := connectionsOf(ctx, conn, name)
	if err != nil {
		return fmt.Errorf("list the connections of %q: %w", name, err)
	}
	for _, id := range ids {
		_, err := conn.ExecContext(ctx, "KILL HARD CONNECTION "+strconv.FormatInt(id, 10))
		if err != nil && codeOf(err) != noSuchThread {
			return fmt.Errorf("end a connection of %q: %w", name, err)
		}
	}
	return nil
}

func connectionsOf(ctx context.Context, conn *sql.Conn, name string) (ids []int64, err error) {
	rows, err := conn.QueryContext(ctx, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?", name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Usage returns the size of the site's tables with their indexes and how many
// connections its user has.
func (*Kind) Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (u seedbed.Usage, err error) {
	if err := checkName(b.Name); err != nil {
		return u, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error {
		const question = `SELECT (SELECT coalesce(sum(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?),
			(SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = ?)
			FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`
		err := conn.QueryRowContext(ctx, question, b.Name, b.Name, b.Name).Scan(&u.Bytes, &u.Connections)
		if errors.Is(err, sql.ErrNoRows) {
			return seedbed.Missing("The site has no database of its own.")
		}
		if err != nil {
			return fmt.Errorf("measure schema %q: %w", b.Name, err)
		}
		return nil
	})
	return u, err
}
