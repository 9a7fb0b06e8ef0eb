//go:build integration

package postgres_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"seedbed"
	"seedbed/catalog/postgres"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, conn *pgx.Conn, question string) (answer string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), question).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer
}

// One server for all that can share it.
func TestKind_RotatesDumpsAndLoads(t *testing.T) {
	_, e := server(t)
	k := postgres.New()
	admin := mustOpen(t, e, "postgres", adminPassword, "postgres")

	t.Run("Rotate shuts out who has the old password", func(t *testing.T) {
		b := binding("s1-leaked")
		mustEnsure(t, k, e, b)
		thief := mustOpen(t, e, b.Name, b.Password, b.Name)
		mustExec(t, thief, "CREATE TABLE kept (n int)")
		old := b
		b.Password = "a new secret"
		must(t, k.Rotate(t.Context(), e, b))
		if _, err := thief.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Error("an old connection goes on")
		}
		if isBound(t, k, e, old) || !isBound(t, k, e, b) {
			t.Error("the old password counts, or the new one does not")
		}
		mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "SELECT FROM kept")
	})

	t.Run("what Dump wrote comes back with Load, and nothing else", func(t *testing.T) {
		b := binding("s2-moving")
		mustEnsure(t, k, e, b)
		conn := mustOpen(t, e, b.Name, b.Password, b.Name)
		mustExec(t, conn, `CREATE EXTENSION pg_trgm; CREATE SCHEMA more; CREATE TABLE more.notes (n serial PRIMARY KEY, t text, b bytea);
			INSERT INTO more.notes (t, b) VALUES ('grüße', '\x00ff'); CREATE VIEW v AS SELECT n FROM more.notes; SELECT lo_from_bytea(4711, 'large');
			CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 7; END'; COMMENT ON TABLE more.notes IS E'\\! touch /x\n\\! y'`)
		var dump bytes.Buffer
		must(t, k.Dump(t.Context(), e, b, &dump))
		if strings.Contains(dump.String(), b.Password.Reveal()) {
			t.Error("the dump holds the password")
		}
		mustExec(t, conn, "DROP VIEW v; UPDATE more.notes SET t = 'changed'; CREATE TABLE later (n int)")
		must(t, k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes())))
		if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Error("a connection to the old database goes on")
		}
		conn = mustOpen(t, e, b.Name, b.Password, b.Name)
		if got := ask(t, conn, "SELECT t || encode(b, 'hex') || f() || encode(lo_get(4711), 'escape') FROM more.notes"); got != "grüße00ff7large" {
			t.Errorf("what came back is %q", got)
		}
		mustExec(t, conn, "SELECT FROM v; INSERT INTO more.notes (t) VALUES ('next'); DROP EXTENSION pg_trgm")
		if got := ask(t, conn, "SELECT coalesce(to_regclass('later')::text, 'nothing')"); got != "nothing" {
			t.Error("what was made later is still there")
		}
		if got := ask(t, admin, "SELECT count(*)::text FROM pg_database WHERE datname LIKE 's2-moving%'"); got != "1" {
			t.Errorf("there are %s databases", got)
		}
		usage, err := k.Usage(t.Context(), e, b)
		if err != nil || usage.Bytes < 1<<20 || usage.Connections != 1 {
			t.Errorf("it uses %+v, %v", usage, err)
		}

		for _, bad := range []string{"", "DROP TABLE more.notes;", dump.String()[:dump.Len()/2]} {
			if err := k.Load(t.Context(), e, b, strings.NewReader(bad)); err == nil {
				t.Error("a dump that is none was taken")
			}
		}
		mustExec(t, conn, "SELECT FROM more.notes") // also the connection is as it was
	})

	t.Run("a made-up dump does no more than its site", func(t *testing.T) {
		b, mark := binding("s3-evil"), filepath.Join(t.TempDir(), "mark")
		mustEnsure(t, k, e, b)
		for _, evil := range []string{"\\! touch " + mark + "\n", "COPY (SELECT 1) TO PROGRAM 'touch " + mark + "';\n"} {
			if err := k.Load(t.Context(), e, b, strings.NewReader(evil)); err == nil {
				t.Errorf("%q was taken", evil)
			}
			if _, err := os.Stat(mark); err == nil {
				t.Errorf("%q was run on this machine", evil)
			}
		}
	})

	t.Run("Remove takes also what an interrupted Load has left", func(t *testing.T) {
		b := binding("s4-half")
		mustEnsure(t, k, e, b)
		for _, half := range []string{".loading", ".replaced"} {
			mustExec(t, admin, `CREATE DATABASE "s4-half`+half+`"`)
		}
		mustExec(t, admin, `DROP DATABASE "s4-half"`)
		if isGone(t, k, e, b) {
			t.Error("it counts as gone")
		}
		must(t, k.Remove(t.Context(), e, b))
		if !isGone(t, k, e, b) {
			t.Error("something is left")
		}
		if _, err := k.Usage(t.Context(), e, b); !seedbed.IsNotFound(err) {
			t.Errorf("its usage is %v", err)
		}
	})
}
