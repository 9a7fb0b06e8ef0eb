package postgres

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"

	"seedbed"
	"seedbed/catalog/program"
)

// loading is what the name of a database ends with while Load fills it, and
// replaced that of the one whose place it took. No site's own name has a dot.
const (
	loading  = ".loading"
	replaced = ".replaced"
)

// Dump writes the site's database as it is at one moment, in pg_dump's custom
// form. It is read by the site's own role: what that may not read is not in it,
// and fails it.
func (k *Kind) Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	if err := k.Check(ctx, e); err != nil {
		return err
	}
	run := client("/usr/bin/pg_dump", e, b, b.Name)
	run.Args, run.Out = []string{"--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s"}, w
	if err := run.Do(ctx); err != nil {
		return fmt.Errorf("dump database %q: %w", b.Name, err)
	}
	return nil
}

// Load makes a database of what Dump wrote, and puts it into the place of the
// site's when it is whole: until then, and after a failure, the site has what
// it had. All of it is done by the site's own role but for the putting into
// place. Connections to the old database end.
//
// The custom form is read by pg_restore, which knows SQL only; psql would also
// run the commands of its own that a made-up dump may hold.
func (k *Kind) Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	if err := k.Ensure(ctx, e, b); err != nil {
		return err
	}
	if err := asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error { return makeEmpty(ctx, conn, b.Name) }); err != nil {
		return fmt.Errorf("make a database to load %q into: %w", b.Name, err)
	}
	run := client("/usr/bin/pg_restore", e, b, b.Name+loading)
	run.Args, run.In = []string{"--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname=" + b.Name + loading}, r
	if err := run.Do(ctx); err != nil {
		return fmt.Errorf("load database %q: %w", b.Name, err)
	}
	if err := asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error { return putIntoPlace(ctx, conn, b.Name) }); err != nil {
		return fmt.Errorf("put the loaded database %q into place: %w", b.Name, err)
	}
	return nil
}

// client is a run of one of PostgreSQL's programs as the site's own role.
func client(path string, e seedbed.Endpoint, b seedbed.Binding, database string) program.Run {
	return program.Run{Path: path, Package: "postgresql-client", Env: []string{
		"PGHOST=" + e.Host, "PGPORT=" + strconv.Itoa(e.Port), "PGUSER=" + b.Name, "PGDATABASE=" + database, "PGPASSWORD=" + b.Password.Reveal(),
		"PGSSLMODE=disable", "PGCONNECT_TIMEOUT=5", "PGPASSFILE=/dev/null", "PGSERVICEFILE=/dev/null", "PGAPPNAME=seedbed",
	}}
}

// makeEmpty makes the database to load into, and drops what an interrupted Load
// has left.
func makeEmpty(ctx context.Context, conn *pgx.Conn, name string) error {
	if err := dropLeftovers(ctx, conn, name); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name+loading)+" OWNER "+quote(name)+" ALLOW_CONNECTIONS false")
	if err != nil {
		return err
	}
	return open(ctx, conn, name+loading)
}

// putIntoPlace gives the loaded database the name of the site's, both renamed
// in one transaction.
func putIntoPlace(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" WITH ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ANY($1)", []string{name, name + loading}); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER DATABASE "+quote(name)+" RENAME TO "+quote(name+replaced)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ALTER DATABASE "+quote(name+loading)+" RENAME TO "+quote(name))
		return err
	})
	if err != nil {
		return err
	}
	return dropLeftovers(ctx, conn, name)
}

func dropLeftovers(ctx context.Context, conn *pgx.Conn, name string) error {
	for _, leftover := range []string{name + loading, name + replaced} {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(leftover)+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
