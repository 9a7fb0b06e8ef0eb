// Package db keeps what people want in SQLite: users, sites, revisions,
// deployments, services and events, with SQL for each noun in a file of its
// own. Everything that belongs together is written in one transaction, so that
// a kill at any moment leaves either all of it or none. It decides nothing and
// talks to nothing but its file.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"seedbed"
	"seedbed/migrations"
)

// Config says where the database is and where its randomness, its time and its
// service ports come from. All fields but Template are needed.
type Config struct {
	Path string
	// Key encrypts secrets; it is kept apart from the database.
	Key [KeySize]byte
	// FirstServicePort is the service port of the first shared service; the
	// others follow it.
	FirstServicePort int
	// NewSecret makes a password from randomness.
	NewSecret func(rand io.Reader) seedbed.Secret
	Rand      io.Reader
	Now       func() time.Time
	// Template returns the template of that name, or an error. Without it, or
	// with an error, a site that is changed keeps what it has and gets nothing
	// more.
	Template func(name string) (seedbed.Template, error)
}

// DB is the database. It may be used by any number of goroutines.
type DB struct {
	Config
	sql *sql.DB
}

// Open opens the database, making it or bringing its schema up to date first.
// It is safe to repeat after having been killed.
func Open(ctx context.Context, c Config) (*DB, error) {
	if err := makePrivate(c.Path); err != nil {
		return nil, err
	}
	if err := bringUpToDate(c.Path); err != nil {
		return nil, fmt.Errorf("bring the schema of %s up to date: %w", c.Path, err)
	}
	pool, err := open(c.Path)
	if err != nil {
		return nil, err
	}
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", c.Path, err), pool.Close())
	}
	return &DB{Config: c, sql: pool}, nil
}

// makePrivate sees to it that the file is its owner's alone. SQLite gives the
// files beside it the same rights.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return fmt.Errorf("make the database private: %w", err)
	}
	return nil
}

// Close closes the database.
func (d *DB) Close() error { return d.sql.Close() }

// open asks SQLite to have each commit on the disk before it returns, because
// power goes away here, and to wait for other writers.
func open(path string) (*sql.DB, error) {
	options := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"},
		"_txlock": {"immediate"},
	}
	pool, err := sql.Open("sqlite", dataSource(path, options))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool.SetMaxOpenConns(4)
	return pool, nil
}

// dataSource names a file to the driver, whatever its name.
func dataSource(path string, options url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}).String()
}

// bringUpToDate applies the migrations that are missing, on a connection of
// its own: migrate closes the one that it is given.
func bringUpToDate(path string) error {
	pool, err := open(path)
	if err != nil {
		return err
	}
	driver, err := sqlite.WithInstance(pool, &sqlite.Config{})
	if err != nil {
		return errors.Join(err, pool.Close())
	}
	files, err := iofs.New(migrations.Files, ".")
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	m, err := migrate.NewWithInstance("migrations", files, "sqlite", driver)
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	err = m.Up()
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	sourceErr, databaseErr := m.Close()
	return errors.Join(err, sourceErr, databaseErr)
}

// inTx runs f in a transaction, which is undone if f fails.
func (d *DB) inTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	return d.transact(ctx, &sql.TxOptions{}, f)
}

// inView runs f on one state of the database, without holding up writers.
func (d *DB) inView(ctx context.Context, f func(tx *sql.Tx) error) error {
	return d.transact(ctx, &sql.TxOptions{ReadOnly: true}, f)
}

func (d *DB) transact(ctx context.Context, options *sql.TxOptions, f func(tx *sql.Tx) error) error {
	tx, err := d.sql.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// querier is what a transaction and the database have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// collect runs a query and reads each of its rows with scan.
func collect[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// millis is a time as it is stored; the zero time is NULL.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// moment reads what millis stored.
func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}
