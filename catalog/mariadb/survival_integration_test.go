//go:build integration

package mariadb_test

import (
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/mariadb"
)

func TestKind_EndsWellAfterTheServerWasKilledInTheMiddle(t *testing.T) {
	c, _ := server(t)
	survival := imagestest.Survival{
		Kind: mariadb.New(), Server: c, Password: adminPassword, Rounds: 4,
		Fill: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			mustExec(t, mustOpen(t, e, b), "CREATE TABLE notes (n int, t text)")
			mustExec(t, mustOpen(t, e, b), "INSERT INTO notes SELECT seq, md5(seq) FROM seq_1_to_20000")
		},
		Filled: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			if got := ask(t, mustOpen(t, e, b), "SELECT concat(count(*), ' ', count(DISTINCT t)) FROM notes"); got != "20000 20000" {
				t.Errorf("%s has %s rows", b.Name, got)
			}
		},
		Parts: parts,
	}
	survival.Run(t)
	c.MustStop(20 * time.Second)
}

// parts lists the schemas, users and rights of sites.
func parts(t *testing.T, e seedbed.Endpoint) []string {
	t.Helper()
	root, err := open(t, e, seedbed.Binding{Name: "seedbed", Password: adminPassword}, "")
	must(t, err)
	list := ask(t, root, `SELECT group_concat(part ORDER BY part) FROM (
		SELECT concat('schema ', SCHEMA_NAME) AS part FROM information_schema.SCHEMATA WHERE SCHEMA_NAME RLIKE '^s[0-9]'
		UNION ALL SELECT concat('user ', User, '@', Host) FROM mysql.global_priv WHERE User RLIKE '^s[0-9]'
		UNION ALL SELECT concat('right of ', User, ' in ', Db) FROM mysql.db WHERE User RLIKE '^s[0-9]' OR Db RLIKE '^s[0-9]') AS parts`)
	return strings.Split(list, ",")
}
