package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seedbed"
)

// Rotate is Ensure for a database that may be in use with another password: it
// first shuts the role out and ends its connections.
func (k *Kind) Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	if err := asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error { return shutOut(ctx, conn, b.Name) }); err != nil {
		return fmt.Errorf("shut out role %q: %w", b.Name, err)
	}
	return k.Ensure(ctx, e, b)
}

// shutOut keeps a role from connecting until Ensure lets it in again.
func shutOut(ctx context.Context, conn *pgx.Conn, name string) error {
	there, err := hasRole(ctx, conn, name)
	if err != nil || !there {
		return err
	}
	if _, err := conn.Exec(ctx, "ALTER ROLE "+quote(name)+" NOLOGIN PASSWORD NULL"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", name)
	return err
}

// Usage returns the size of the site's database and how many connections its
// role has.
func (k *Kind) Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (u seedbed.Usage, err error) {
	if err := checkName(b.Name); err != nil {
		return u, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error {
		const question = `SELECT pg_database_size(oid), (SELECT count(*) FROM pg_stat_activity WHERE usename = $1)
			FROM pg_database WHERE datname = $1`
		err := conn.QueryRow(ctx, question, b.Name).Scan(&u.Bytes, &u.Connections)
		if errors.Is(err, pgx.ErrNoRows) {
			return seedbed.Missing("The site has no database of its own.")
		}
		if err != nil {
			return fmt.Errorf("measure database %q: %w", b.Name, err)
		}
		return nil
	})
	return u, err
}
