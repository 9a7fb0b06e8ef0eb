// Package postgres administers shared PostgreSQL servers: it makes and deletes
// each site's own database with the role that owns it, and makes sure that no
// site can reach what is another's.
//
// Connections are made for one task and closed after it. The package starts no
// server, keeps no pool and never reads or changes what sites store.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seedbed"
)

const (
	adminRole     = "postgres"
	adminDatabase = "postgres"
	// roleLimit is how many connections one site may have, so that one cannot
	// take those of all.
	roleLimit = 30
	// tempLimit is how much of the shared disk one process of a site may fill
	// with what it sorts. Only the administrator can change it.
	tempLimit = "1GB"

	taskTimeout    = 90 * time.Second
	connectTimeout = 5 * time.Second
)

// Error codes of PostgreSQL, appendix A of its manual.
const (
	invalidPassword      = "28P01"
	invalidAuthorization = "28000"
	noSuchDatabase       = "3D000"
	notAllowed           = "42501"
	notInState           = "55000" // a database that lets nobody in, or is half dropped
	tooManyConnections   = "53300"
)

// halfDropped is what datconnlimit says of a database whose dropping was
// interrupted. All that can be done with it is to drop it again.
const halfDropped = -2

// Kind is the PostgreSQL kind of shared service. It implements
// reconcile.ServiceKind; all of it may be repeated and may be stopped in the
// middle. Errors are Unavailable when the server does not answer.
type Kind struct {
	random io.Reader // salts passwords
}

// New returns the kind.
func New() *Kind { return &Kind{rand.Reader} }

// Check returns nil if the server answers its administrator.
func (k *Kind) Check(ctx context.Context, e seedbed.Endpoint) error {
	return asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error { return conn.Ping(ctx) })
}

// Ensure makes the site's database and role, with the password of b, and takes
// from everybody else the right to connect to it. What an interrupted call has
// left half done is completed.
func (k *Kind) Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	verifier, err := scramVerifier(k.random, b.Password.Reveal())
	if err != nil {
		return fmt.Errorf("password of role %q: %w", b.Name, err)
	}
	return asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error {
		if err := closeToPublic(ctx, conn); err != nil {
			return err
		}
		if err := ensureRole(ctx, conn, b.Name, verifier); err != nil {
			return fmt.Errorf("make role %q: %w", b.Name, err)
		}
		if err := ensureDatabase(ctx, conn, b.Name); err != nil {
			return fmt.Errorf("make database %q: %w", b.Name, err)
		}
		return nil
	})
}

// Bound reports whether the site's role can sign in to its database with its
// password.
func (k *Kind) Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error) {
	if err := checkName(b.Name); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	conn, err := connect(ctx, e, b.Name, b.Name, b.Password)
	if err == nil {
		return true, errors.Join(conn.Ping(ctx), conn.Close(ctx))
	}
	switch codeOf(err) {
	case invalidPassword, invalidAuthorization, noSuchDatabase, notAllowed, notInState:
		return false, nil
	case tooManyConnections: // counted only after the password was right
		return true, nil
	}
	return false, err
}

// Gone reports whether neither the site's database nor its role is there, in
// whatever state.
func (k *Kind) Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (gone bool, err error) {
	if err := checkName(b.Name); err != nil {
		return false, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error {
		const question = `SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = ANY($2))
			AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`
		if err := conn.QueryRow(ctx, question, b.Name, []string{b.Name, b.Name + loading, b.Name + replaced}).Scan(&gone); err != nil {
			return fmt.Errorf("look for database and role %q: %w", b.Name, err)
		}
		return nil
	})
	return gone && err == nil, err
}

// Remove deletes the site's database, whoever is connected to it, and then its
// role. What is not there is no error.
func (k *Kind) Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	name := quote(b.Name)
	return asAdmin(ctx, e, func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("delete database %q: %w", b.Name, err)
		}
		if err := dropLeftovers(ctx, conn, b.Name); err != nil {
			return fmt.Errorf("delete what loading %q has left: %w", b.Name, err)
		}
		if _, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+name); err != nil {
			return fmt.Errorf("delete role %q: %w", b.Name, err)
		}
		return nil
	})
}

// maxName is PostgreSQL's NAMEDATALEN less one, and less what Load puts behind
// a name. It would cut a longer one.
const maxName = 63 - len(replaced)

func checkName(name string) error {
	if len(name) > maxName || !seedbed.IsSiteKey(name) {
		return fmt.Errorf("%q is not the name of a site's own database", name)
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// closeToPublic takes from everybody the databases that belong to no site.
func closeToPublic(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC"); err != nil {
		return fmt.Errorf("close the administrator's databases: %w", err)
	}
	return nil
}

func ensureRole(ctx context.Context, conn *pgx.Conn, name, verifier string) error {
	there, err := hasRole(ctx, conn, name)
	if err != nil {
		return err
	}
	verb := "CREATE ROLE "
	if there {
		verb = "ALTER ROLE "
	}
	// A verifier has no character that means anything inside quotes.
	if _, err := conn.Exec(ctx, verb+quote(name)+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT "+
		strconv.Itoa(roleLimit)+" PASSWORD '"+verifier+"'"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER ROLE "+quote(name)+" SET temp_file_limit = '"+tempLimit+"'")
	return err
}

func hasRole(ctx context.Context, conn *pgx.Conn, name string) (there bool, err error) {
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&there)
	return there, err
}

// ensureDatabase makes the database closed and opens it when only its owner can
// get in, so that there is no moment at which others could.
func ensureDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	there, err := hasDatabase(ctx, conn, name)
	if err != nil {
		return err
	}
	if !there {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" OWNER "+quote(name)+" ALLOW_CONNECTIONS false"); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" OWNER TO "+quote(name)); err != nil {
		return err
	}
	return open(ctx, conn, name)
}

// open lets nobody but its owner connect to a database.
func open(ctx context.Context, conn *pgx.Conn, database string) error {
	if _, err := conn.Exec(ctx, "REVOKE ALL ON DATABASE "+quote(database)+" FROM PUBLIC"); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "ALTER DATABASE "+quote(database)+" WITH ALLOW_CONNECTIONS true")
	return err
}

// hasDatabase reports whether there is a database that can be used. One that
// was being dropped is dropped to the end.
func hasDatabase(ctx context.Context, conn *pgx.Conn, name string) (bool, error) {
	var limit int
	err := conn.QueryRow(ctx, "SELECT datconnlimit FROM pg_database WHERE datname = $1", name).Scan(&limit)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil || limit != halfDropped {
		return err == nil, err
	}
	_, err = conn.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)")
	return false, err
}

// asAdmin does a task with a connection of the administrator.
func asAdmin(ctx context.Context, e seedbed.Endpoint, task func(context.Context, *pgx.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	conn, err := connect(ctx, e, adminRole, adminDatabase, e.Password)
	if err != nil {
		return err
	}
	defer func() {
		if closed := conn.Close(ctx); err == nil && closed != nil {
			err = fmt.Errorf("leave PostgreSQL: %w", closed)
		}
	}()
	return task(ctx, conn)
}

// connect opens a connection. TLS is not asked for: the way to a shared service
// never leaves the machine's own bridge.
func connect(ctx context.Context, e seedbed.Endpoint, role, database string, password seedbed.Secret) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("prepare a connection to PostgreSQL: %w", err)
	}
	config.Host, config.Port = e.Host, uint16(e.Port)
	config.User, config.Password, config.Database = role, password.Reveal(), database
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams = map[string]string{"application_name": "seedbed", "lock_timeout": "10s", "statement_timeout": "80s"}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil && codeOf(err) == "" {
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Message: "The database server does not answer. It may still be starting; try again in a minute.", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL as %q: %w", role, err)
	}
	return conn, nil
}

// codeOf returns the server's own error code, or "" if it did not speak.
func codeOf(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}
