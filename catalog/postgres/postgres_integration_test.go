//go:build integration

package postgres_test

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/kindtest"
	"seedbed/catalog/postgres"
)

const adminPassword = `it's "the" \ administrator's`

// server runs the real image and returns where it answers.
func server(t *testing.T) (*imagestest.Container, seedbed.Endpoint) {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "postgres")
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "postgres", Port: 5432, Memory: 512,
		Env:    map[string]string{"POSTGRES_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	})
	return c, waitForServer(t, c)
}

func waitForServer(t *testing.T, c *imagestest.Container) seedbed.Endpoint {
	t.Helper()
	return c.Await(postgres.New(), adminPassword)
}

func binding(name string) seedbed.Binding {
	return seedbed.Binding{Name: name, Password: seedbed.Secret("secret of " + name)}
}

// open connects as a program that knows a role and its password.
func open(t *testing.T, e seedbed.Endpoint, role string, password seedbed.Secret, database string) (*pgx.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password.Reveal()), Host: net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), Path: "/" + database, RawQuery: "sslmode=disable"}
	conn, err := pgx.Connect(ctx, u.String())
	if err == nil {
		t.Cleanup(func() { conn.Close(context.Background()) })
	}
	return conn, err
}

func mustOpen(t *testing.T, e seedbed.Endpoint, role string, password seedbed.Secret, database string) *pgx.Conn {
	t.Helper()
	conn, err := open(t, e, role, password, database)
	if err != nil {
		t.Fatalf("connect as %s to %s: %v", role, database, err)
	}
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func mustEnsure(t *testing.T, k *postgres.Kind, e seedbed.Endpoint, b seedbed.Binding) {
	t.Helper()
	if err := k.Ensure(t.Context(), e, b); err != nil {
		t.Fatalf("Ensure(%s): %v", b.Name, err)
	}
}

func isBound(t *testing.T, k *postgres.Kind, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsBound(t, k, e, b)
}

func isGone(t *testing.T, k *postgres.Kind, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsGone(t, k, e, b)
}

// One server for all that can share it: starting one takes seconds.
func TestKind(t *testing.T) {
	c, e := server(t)
	k := postgres.New()
	admin := mustOpen(t, e, "postgres", adminPassword, "postgres")

	t.Run("each site uses its own database and no other", func(t *testing.T) {
		one, two := binding("s1-nurse-handbook"), binding("s2-clinic")
		mustEnsure(t, k, e, one)
		mustEnsure(t, k, e, two)
		mustExec(t, mustOpen(t, e, one.Name, one.Password, one.Name), "CREATE TABLE notes (n int); INSERT INTO notes VALUES (1)")
		for _, foreign := range []string{two.Name, "postgres", "template1", "template0"} {
			if _, err := open(t, e, one.Name, one.Password, foreign); err == nil {
				t.Errorf("%s could connect to %s", one.Name, foreign)
			}
		}
		if _, err := open(t, e, one.Name, two.Password, one.Name); err == nil {
			t.Error("a wrong password was let in")
		}
	})

	t.Run("a site has no rights beyond its database", func(t *testing.T) {
		b := binding("s3-curious")
		mustEnsure(t, k, e, b)
		conn := mustOpen(t, e, b.Name, b.Password, b.Name)
		for _, sql := range []string{
			"CREATE DATABASE other", "CREATE ROLE other", "ALTER ROLE postgres PASSWORD 'x'", "SET ROLE postgres",
			"COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')", `DROP DATABASE "s1-nurse-handbook"`,
			"SELECT * FROM pg_authid",
		} {
			if _, err := conn.Exec(t.Context(), sql); err == nil {
				t.Errorf("a site could %s", sql)
			}
		}
	})

	t.Run("repeating Ensure keeps what is stored and sets the password", func(t *testing.T) {
		b := binding("s4-again")
		mustEnsure(t, k, e, b)
		mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "CREATE TABLE kept (n int)")
		b.Password = "another secret"
		if isBound(t, k, e, b) {
			t.Error("bound with a password that was not set yet")
		}
		mustEnsure(t, k, e, b)
		if !isBound(t, k, e, b) {
			t.Error("not bound with the new password")
		}
		mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "SELECT FROM kept")
	})

	t.Run("halves are completed", func(t *testing.T) {
		for name, half := range map[string]string{
			"s5-role-only":   `CREATE ROLE "s5-role-only"`,
			"s6-closed":      `CREATE DATABASE "s6-closed" ALLOW_CONNECTIONS false`,
			"s7-not-dropped": `CREATE DATABASE "s7-not-dropped"`,
		} {
			mustExec(t, admin, half)
			if name == "s7-not-dropped" {
				mustExec(t, admin, "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 's7-not-dropped'")
			}
			b := binding(name)
			if isBound(t, k, e, b) {
				t.Errorf("half a binding %s counts as bound", name)
			}
			mustEnsure(t, k, e, b)
			if !isBound(t, k, e, b) {
				t.Errorf("%s was not completed", name)
			}
		}
	})

	t.Run("Remove deletes both, with people connected, and twice", func(t *testing.T) {
		b := binding("s8-leaving")
		mustEnsure(t, k, e, b)
		mustOpen(t, e, b.Name, b.Password, b.Name)
		for range 2 {
			if err := k.Remove(t.Context(), e, b); err != nil {
				t.Fatal(err)
			}
		}
		var left int
		sql := "SELECT (SELECT count(*) FROM pg_roles WHERE rolname = $1) + (SELECT count(*) FROM pg_database WHERE datname = $1)"
		if err := admin.QueryRow(t.Context(), sql, b.Name).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d things are left, %v", left, err)
		}
		if isBound(t, k, e, b) {
			t.Error("still bound")
		}
	})

	t.Run("only what has neither database nor role is gone", func(t *testing.T) {
		for name, half := range map[string]string{
			"s11-closed":      `CREATE DATABASE "s11-closed" ALLOW_CONNECTIONS false`,
			"s12-role-only":   `CREATE ROLE "s12-role-only"`,
			"s13-other-words": `CREATE ROLE "s13-other-words" LOGIN PASSWORD 'of another time'`,
		} {
			b := binding(name)
			if !isGone(t, k, e, b) {
				t.Errorf("%s is not gone before it was made", name)
			}
			mustExec(t, admin, half)
			if isGone(t, k, e, b) {
				t.Errorf("half a binding %s counts as gone", name)
			}
			if err := k.Remove(t.Context(), e, b); err != nil {
				t.Fatal(err)
			}
			if !isGone(t, k, e, b) {
				t.Errorf("%s is not gone after its removal", name)
			}
		}
		b := binding("s14-other-password")
		mustEnsure(t, k, e, b)
		b.Password = "wrong"
		if isGone(t, k, e, b) {
			t.Error("a part whose password is another counts as gone")
		}
	})

	t.Run("one site cannot fill the disk with what it sorts", func(t *testing.T) {
		b := binding("s15-sorter")
		mustEnsure(t, k, e, b)
		conn := mustOpen(t, e, b.Name, b.Password, b.Name)
		var limit string
		if err := conn.QueryRow(t.Context(), "SHOW temp_file_limit").Scan(&limit); err != nil || limit != "1GB" {
			t.Errorf("the limit is %q, %v", limit, err)
		}
		for _, sql := range []string{"SET temp_file_limit = -1", `ALTER ROLE "s15-sorter" SET temp_file_limit = -1`, `ALTER ROLE "s15-sorter" RESET temp_file_limit`} {
			if _, err := conn.Exec(t.Context(), sql); err == nil {
				t.Errorf("a site could %s", sql)
			}
		}
	})

	t.Run("one site cannot take all connections", func(t *testing.T) {
		b := binding("s9-greedy")
		mustEnsure(t, k, e, b)
		refused := false
		for range 31 {
			_, err := open(t, e, b.Name, b.Password, b.Name)
			refused = refused || err != nil
		}
		if !refused {
			t.Error("31 connections were allowed")
		}
		if !isBound(t, k, e, b) {
			t.Error("a busy site does not count as bound")
		}
		if err := k.Check(t.Context(), e); err != nil {
			t.Errorf("the administrator was kept out: %v", err)
		}
	})

	t.Run("no password is in the log", func(t *testing.T) {
		if said := c.Logs(); strings.Contains(said, "secret") || strings.Contains(said, "administrator's") {
			t.Errorf("the log holds a password:\n%s", said)
		}
	})

	t.Run("a wrong administrator's password is an error, not an answer", func(t *testing.T) {
		wrong := e
		wrong.Password = "wrong"
		if err := k.Check(t.Context(), wrong); err == nil {
			t.Error("Check succeeded")
		}
		if err := k.Ensure(t.Context(), wrong, binding("s10-x")); err == nil {
			t.Error("Ensure succeeded")
		}
	})
}

func TestImage_KeepsDatabasesThroughPowerCutsAndStops(t *testing.T) {
	c, e := server(t)
	k := postgres.New()
	b := binding("s1-lasting")
	mustEnsure(t, k, e, b)
	mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "CREATE TABLE kept (n int)")

	c.Kill("KILL")
	c.Start()
	e = waitForServer(t, c)
	mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "SELECT FROM kept")

	// A clean stop does not wait for those who are connected.
	c.MustStop(10 * time.Second)
	c.Start()
	e = waitForServer(t, c)
	mustExec(t, mustOpen(t, e, b.Name, b.Password, b.Name), "SELECT FROM kept")
}

func TestImage_SaysWhyTheServerDoesNotStart(t *testing.T) {
	c, e := server(t)
	admin := mustOpen(t, e, "postgres", adminPassword, "postgres")
	mustExec(t, admin, "ALTER SYSTEM SET ssl = on") // for which there is no certificate
	c.Stop()
	c.Start()
	imagestest.WaitFor(t, "the container's end", func() bool { return !c.Running() })
	if c.ExitStatus() == 0 {
		t.Error("it ended as if all were well")
	}
	if said := c.Logs(); !strings.Contains(said, "could not load server certificate file") {
		t.Errorf("it does not say why:\n%s", said)
	}
}

// Two servers on one volume would destroy it, and neither sees the other's
// processes.
func TestImage_KeepsASecondContainerFromItsVolume(t *testing.T) {
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "postgres")
	spec := imagestest.Spec{
		Image: "postgres", Port: 5432, Memory: 512,
		Env:    map[string]string{"POSTGRES_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	}
	first := imagestest.Run(t, docker, spec)
	e := waitForServer(t, first)
	conn := mustOpen(t, e, "postgres", adminPassword, "postgres")

	second := imagestest.Run(t, docker, spec)
	imagestest.WaitFor(t, "the second container's end", func() bool { return !second.Running() })
	if said := second.Logs(); second.ExitStatus() == 0 || !strings.Contains(said, "another container is using this volume") {
		t.Errorf("the second ended with status %d and said:\n%s", second.ExitStatus(), said)
	}
	mustExec(t, conn, "SELECT 1")

	conn.Close(t.Context())
	first.Kill("KILL")
	second.Start()
	waitForServer(t, second)
}

func TestImage_MakesItsClusterAgainAfterAKilledStart(t *testing.T) {
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "postgres")
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "postgres", Port: 5432, Memory: 512,
		Env:    map[string]string{"POSTGRES_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	})
	for range 3 {
		imagestest.WaitFor(t, "the first words", func() bool { return strings.Contains(c.Logs(), "making the database cluster") })
		c.Kill("KILL")
		c.Start()
	}
	waitForServer(t, c)
}

func TestImage_SetsTheAdministratorsPasswordAtEveryStart(t *testing.T) {
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "postgres")
	folder := t.TempDir()
	for _, password := range []seedbed.Secret{"first", `se'cond "\`} {
		c := imagestest.Run(t, docker, imagestest.Spec{
			Image: "postgres", Port: 5432, Memory: 512,
			Env:    map[string]string{"POSTGRES_PASSWORD": password.Reveal()},
			Mounts: map[string]string{"/data": folder},
		})
		c.Await(postgres.New(), password)
		c.Stop()
	}
}
