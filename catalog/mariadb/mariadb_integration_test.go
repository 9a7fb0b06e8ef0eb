//go:build integration

package mariadb_test

import (
	"bytes"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/kindtest"
	"seedbed/catalog/mariadb"
)

const adminPassword = `it's "the" \ administrator's`

// server runs the real image and returns where it answers.
func server(t *testing.T) (*imagestest.Container, seedbed.Endpoint) {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker)
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "mariadb", Port: 3306, Memory: 512,
		Env:    map[string]string{"MARIADB_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	})
	return c, waitForServer(t, c)
}

func waitForServer(t *testing.T, c *imagestest.Container) seedbed.Endpoint {
	t.Helper()
	return c.Await(mariadb.New(), adminPassword)
}

func binding(name string) seedbed.Binding {
	return seedbed.Binding{Name: name, Password: seedbed.Secret(`it's a "secret" \ of ` + name)}
}

// open connects as a program that knows a user and its password.
func open(t *testing.T, e seedbed.Endpoint, b seedbed.Binding, schema string) (*sql.Conn, error) {
	t.Helper()
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd, c.DBName = "tcp", net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), b.Name, b.Password.Reveal(), schema
	c.Timeout, c.Logger, c.MultiStatements = 5*time.Second, &mysql.NopLogger{}, true
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { pool.Close() })
	return pool.Conn(t.Context())
}

func mustOpen(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) *sql.Conn {
	t.Helper()
	conn, err := open(t, e, b, b.Name)
	if err != nil {
		t.Fatalf("connect as %s: %v", b.Name, err)
	}
	return conn
}

func mustExec(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, conn *sql.Conn, question string) (answer string) {
	t.Helper()
	if err := conn.QueryRowContext(t.Context(), question).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer
}

func isBound(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsBound(t, mariadb.New(), e, b)
}

func isGone(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsGone(t, mariadb.New(), e, b)
}

// One server for all that can share it: starting one takes seconds.
func TestKind(t *testing.T) {
	c, e := server(t)
	k := mariadb.New()
	admin := binding("seedbed")
	admin.Password = adminPassword
	root, err := open(t, e, admin, "")
	must(t, err)

	t.Run("each site uses its own schema and no other", func(t *testing.T) {
		one, two := binding("s1-nurse-handbook"), binding("s2-clinic")
		must(t, k.Ensure(t.Context(), e, one))
		must(t, k.Ensure(t.Context(), e, two))
		mustExec(t, mustOpen(t, e, two), "CREATE TABLE notes (n int); INSERT INTO notes VALUES (1)")
		for _, foreign := range []string{two.Name, "mysql", "sys"} {
			if _, err := open(t, e, one, foreign); err == nil {
				t.Errorf("%s could use %s", one.Name, foreign)
			}
		}
		conn := mustOpen(t, e, one)
		for _, statement := range []string{
			"SELECT * FROM `s2-clinic`.notes", "INSERT INTO `s2-clinic`.notes VALUES (2)", "DROP TABLE `s2-clinic`.notes", "DROP DATABASE `s2-clinic`",
			"SHOW TABLES FROM `s2-clinic`", "CREATE VIEW spy AS SELECT * FROM `s2-clinic`.notes", "SHOW CREATE TABLE `s2-clinic`.notes",
		} {
			if _, err := conn.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("a site could %s", statement)
			}
		}
		for _, list := range []string{
			"SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 's2-%'",
			"SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE 's2-%'",
			"SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER <> 's1-nurse-handbook'",
			"SELECT count(*) FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE '%s2-%'",
		} {
			if n := ask(t, conn, list); n != "0" {
				t.Errorf("a site sees %s others: %s", n, list)
			}
		}
		wrong := one
		wrong.Password = two.Password
		if _, err := open(t, e, wrong, one.Name); err == nil {
			t.Error("a wrong password was let in")
		}
	})

	t.Run("a site has no rights beyond its schema", func(t *testing.T) {
		b := binding("s3-curious")
		must(t, k.Ensure(t.Context(), e, b))
		conn := mustOpen(t, e, b)
		for _, statement := range []string{
			"CREATE DATABASE other", "CREATE USER other", "SELECT * FROM mysql.global_priv", "SET GLOBAL max_connections = 1", "SHUTDOWN",
			"SELECT 1 INTO OUTFILE '/data/nowhere/x'", "LOAD DATA INFILE '/etc/passwd' INTO TABLE x", "FLUSH TABLES", "INSTALL SONAME 'auth_ed25519'",
			"CREATE TABLE c (n int) ENGINE=CONNECT", "CREATE FUNCTION sys_exec RETURNS int SONAME 'x.so'", "GRANT SELECT ON `s3-curious`.* TO `s1-nurse-handbook`@`%`",
			"ALTER USER `seedbed`@`%` IDENTIFIED BY 'x'", "CREATE DEFINER=`seedbed`@`%` VIEW v AS SELECT 1", "CHANGE MASTER TO MASTER_HOST='x'",
			"SET SESSION max_user_connections = 1000",
		} {
			if _, err := conn.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("a site could %s", statement)
			}
		}
		if got := ask(t, conn, "SELECT coalesce(load_file('/etc/passwd'), 'nothing')"); got != "nothing" {
			t.Errorf("a site could read a file of the server: %s", got)
		}
	})

	t.Run("nobody else can sign in", func(t *testing.T) {
		for _, name := range []string{"", "root", "mysql", "mariadb.sys"} {
			for _, password := range []seedbed.Secret{"", adminPassword} {
				if _, err := open(t, e, seedbed.Binding{Name: name, Password: password}, ""); err == nil {
					t.Errorf("%q could sign in", name)
				}
			}
		}
	})

	t.Run("nobody is bound before Ensure, whatever the name", func(t *testing.T) {
		for n := range 40 { // the server's words for a stranger depend on the name
			if name := "s" + strconv.Itoa(n) + "-nobody"; isBound(t, e, binding(name)) {
				t.Errorf("%s is bound", name)
			}
		}
	})

	t.Run("repeating Ensure keeps what is stored and sets the password", func(t *testing.T) {
		b := binding("s4-again")
		must(t, k.Ensure(t.Context(), e, b))
		mustExec(t, mustOpen(t, e, b), "CREATE TABLE kept (n int)")
		b.Password = "another secret"
		if isBound(t, e, b) {
			t.Error("bound with a password that was not set yet")
		}
		must(t, k.Ensure(t.Context(), e, b))
		if !isBound(t, e, b) {
			t.Error("not bound with the new password")
		}
		mustExec(t, mustOpen(t, e, b), "SELECT * FROM kept")
	})

	t.Run("halves are completed", func(t *testing.T) {
		for name, half := range map[string]string{
			"s5-user":   "CREATE USER `s5-user`@`%` ACCOUNT LOCK",
			"s6-schema": "CREATE DATABASE `s6-schema`",
			"s7-rights": "CREATE USER `s7-rights`@`%` ACCOUNT LOCK; CREATE DATABASE `s7-rights`; GRANT ALL PRIVILEGES ON `s7-rights`.* TO `s7-rights`@`%`",
		} {
			mustExec(t, root, half)
			b := binding(name)
			if isBound(t, e, b) || isGone(t, e, b) {
				t.Errorf("half a binding %s counts as bound or as gone", name)
			}
			must(t, k.Ensure(t.Context(), e, b))
			mustExec(t, mustOpen(t, e, b), "CREATE TABLE t (n int)")
		}
	})

	t.Run("Rotate shuts out who has the old password", func(t *testing.T) {
		b := binding("s8-leaked")
		must(t, k.Ensure(t.Context(), e, b))
		thief := mustOpen(t, e, b)
		mustExec(t, thief, "CREATE TABLE kept (n int)")
		old := b
		b.Password = "a new secret"
		must(t, k.Rotate(t.Context(), e, b))
		if _, err := thief.ExecContext(t.Context(), "SELECT 1"); err == nil {
			t.Error("an old connection goes on")
		}
		if isBound(t, e, old) || !isBound(t, e, b) {
			t.Error("the old password counts, or the new one does not")
		}
		mustExec(t, mustOpen(t, e, b), "SELECT * FROM kept")
	})

	t.Run("what Dump wrote comes back with Load, and nothing else", func(t *testing.T) {
		b := binding("s9-moving")
		must(t, k.Ensure(t.Context(), e, b))
		conn := mustOpen(t, e, b)
		mustExec(t, conn, "CREATE TABLE notes (n int PRIMARY KEY, t text, b blob); INSERT INTO notes VALUES (1, 'grüße 😀', x'00ff27')")
		mustExec(t, conn, "CREATE VIEW v AS SELECT n FROM notes; CREATE PROCEDURE p() SELECT 1; CREATE TRIGGER tr BEFORE INSERT ON notes FOR EACH ROW SET NEW.t = upper(NEW.t)")
		var dump bytes.Buffer
		must(t, k.Dump(t.Context(), e, b, &dump))
		if strings.Contains(dump.String(), b.Password.Reveal()) {
			t.Error("the dump holds the password")
		}
		mustExec(t, conn, "DROP VIEW v; UPDATE notes SET t = 'changed'; CREATE TABLE later (n int)")
		must(t, k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes())))
		conn = mustOpen(t, e, b)
		if got := ask(t, conn, "SELECT concat(t, hex(b)) FROM notes"); got != "grüße 😀00FF27" {
			t.Errorf("the row is now %q", got)
		}
		mustExec(t, conn, "SELECT * FROM v; CALL p(); INSERT INTO notes VALUES (2, 'up', NULL)")
		if got := ask(t, conn, "SELECT t FROM notes WHERE n = 2"); got != "UP" {
			t.Errorf("the trigger made %q", got)
		}
		if n := ask(t, conn, "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_NAME = 'later'"); n != "0" {
			t.Error("what was made later is still there")
		}
		usage, err := k.Usage(t.Context(), e, b)
		if err != nil || usage.Bytes < 16<<10 || usage.Connections < 1 {
			t.Errorf("it uses %+v, %v", usage, err)
		}

		if err := k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes()[:dump.Len()-1])); err == nil {
			t.Error("a dump that is cut off was taken")
		}
		must(t, k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes())))
		if err := k.Load(t.Context(), e, b, strings.NewReader("DROP TABLE notes;")); err == nil {
			t.Error("any text was taken for a dump")
		}
		mustExec(t, mustOpen(t, e, b), "SELECT * FROM notes")
	})

	t.Run("a made-up dump does no more than its site, on the server and here", func(t *testing.T) {
		b, mark := binding("s10-evil"), filepath.Join(t.TempDir(), "mark")
		must(t, k.Ensure(t.Context(), e, b))
		for _, evil := range []string{
			"DROP TABLE `s2-clinic`.notes;", "USE `s2-clinic`; CREATE TABLE evil (n int);",
			"\\! touch " + mark + "\n", "system touch " + mark + "\n", "SELECT 1 \\! touch " + mark + "\n;", "\\T " + mark + "\nSELECT 1;\n", "source /etc/passwd\n",
		} {
			err := k.Load(t.Context(), e, b, strings.NewReader("-- seedbed mariadb 1\n"+evil+"\n-- seedbed end\n"))
			if err == nil {
				t.Errorf("%q was taken", evil)
			}
			if _, err := os.Stat(mark); err == nil {
				t.Errorf("%q was run on this machine", evil)
			}
		}
		if n := ask(t, root, "SELECT count(*) FROM `s2-clinic`.notes"); n != "1" {
			t.Errorf("the other site has %s rows", n)
		}
	})

	t.Run("Remove takes all of one site and nothing of another", func(t *testing.T) {
		one, two := binding("s11-leaving"), binding("s2-clinic")
		must(t, k.Ensure(t.Context(), e, one))
		conn := mustOpen(t, e, one)
		mustExec(t, conn, "CREATE TABLE notes (n int)")
		for range 2 {
			must(t, k.Remove(t.Context(), e, one))
		}
		if !isGone(t, e, one) || isBound(t, e, one) {
			t.Error("something is left")
		}
		if _, err := conn.ExecContext(t.Context(), "SELECT 1"); err == nil {
			t.Error("its connection goes on")
		}
		if _, err := k.Usage(t.Context(), e, one); !seedbed.IsNotFound(err) {
			t.Errorf("its usage is %v", err)
		}
		mustExec(t, mustOpen(t, e, two), "SELECT * FROM notes")
	})

	t.Run("one site cannot take all connections", func(t *testing.T) {
		b := binding("s12-greedy")
		must(t, k.Ensure(t.Context(), e, b))
		refused := false
		for range 31 {
			_, err := open(t, e, b, b.Name)
			refused = refused || err != nil
		}
		if !refused || !isBound(t, e, b) {
			t.Error("31 connections were allowed, or a busy site does not count as bound")
		}
		must(t, k.Check(t.Context(), e))
	})

	t.Run("no password is in the log", func(t *testing.T) {
		if said := c.Logs(); strings.Contains(said, "secret") || strings.Contains(said, "administrator's") {
			t.Errorf("the log holds a password:\n%s", said)
		}
	})
}
