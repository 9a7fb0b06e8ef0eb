//go:build integration

package catalog_test

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seedbed/catalog/images/imagestest"
)

// databasePassword has all that has a meaning in URLs and connection strings.
const databasePassword = `p@ss/w:rd%?#'\`

func openServer(t *testing.T, c *imagestest.Container, database string) (*pgx.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	host, port := c.Address()
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", "admin"), Host: net.JoinHostPort(host, strconv.Itoa(port)), Path: "/" + database, RawQuery: "sslmode=disable"}
	return pgx.Connect(ctx, u.String())
}

// makeDatabase makes the role and the database of wikiSpec as soon as the
// server answers.
func makeDatabase(t *testing.T, c *imagestest.Container) {
	t.Helper()
	var conn *pgx.Conn
	imagestest.WaitFor(t, "PostgreSQL", func() (up bool) {
		var err error
		conn, err = openServer(t, c, "postgres")
		return err == nil
	})
	defer conn.Close(context.Background())
	for _, sql := range []string{
		`CREATE ROLE "s12-nurse-handbook" LOGIN PASSWORD '` + strings.ReplaceAll(databasePassword, "'", "''") + `'`,
		`CREATE DATABASE "s12-nurse-handbook" OWNER "s12-nurse-handbook"`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// countTables returns how many tables a site has made in a schema.
func countTables(t *testing.T, c *imagestest.Container, schema string) (n int) {
	t.Helper()
	conn, err := openServer(t, c, "s12-nurse-handbook")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = $1", schema).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
