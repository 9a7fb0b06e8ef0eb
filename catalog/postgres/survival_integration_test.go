//go:build integration

package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/postgres"
)

func TestKind_EndsWellAfterTheServerWasKilledInTheMiddle(t *testing.T) {
	c, e := server(t)
	// A kill takes nothing from the kernel, so there is no need to wait for the
	// disk, which takes this server several times as long.
	mustExec(t, mustOpen(t, e, "postgres", adminPassword, "postgres"), "ALTER SYSTEM SET fsync = off")
	mustExec(t, mustOpen(t, e, "postgres", adminPassword, "postgres"), "SELECT pg_reload_conf()")
	survival := imagestest.Survival{
		Kind: postgres.New(), Server: c, Password: adminPassword, Rounds: 4,
		Fill: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "CREATE TABLE notes AS SELECT n, md5(n::text) AS t FROM generate_series(1, 20000) n")
		},
		Filled: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			if got := ask(t, mustOpen(t, e, b.Name, b.Password, b.Name), "SELECT count(*) || ' ' || count(DISTINCT t) FROM notes"); got != "20000 20000" {
				t.Errorf("%s has %s rows", b.Name, got)
			}
		},
		Parts: parts,
	}
	survival.Run(t)
}

// parts lists the databases and roles of sites.
func parts(t *testing.T, e seedbed.Endpoint) []string {
	t.Helper()
	rows, err := mustOpen(t, e, "postgres", adminPassword, "postgres").Query(t.Context(), `SELECT 'database ' || datname FROM pg_database WHERE datname ~ '^s[0-9]'
		UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname ~ '^s[0-9]' ORDER BY 1`)
	must(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return all
}
