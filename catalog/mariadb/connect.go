package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"seedbed"
)

// Error codes of MariaDB, from its list of error codes.
const (
	accessToSchemaDenied = 1044
	accessDenied         = 1045
	noSuchSchema         = 1049
	noSuchThread         = 1094
	// refusedByPlugin is what somebody without an account gets whom the server,
	// so as not to tell that there is none, treats like one with an account that
	// has no password. Which one that is depends on the name.
	refusedByPlugin = 1698
	tooManyOfUser   = 1203
	limitOfUser     = 1226
	accountLocked   = 4151
)

// account is who signs in, and to which schema, if any.
type account struct {
	user     string
	password seedbed.Secret
	schema   string
}

// asAdmin does a task with a connection of the administrator.
func asAdmin(ctx context.Context, e seedbed.Endpoint, task func(context.Context, *sql.Conn) error) error {
	return as(ctx, e, account{user: admin, password: e.Password}, task)
}

// as does a task with a connection of an account.
func as(ctx context.Context, e seedbed.Endpoint, a account, task func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	connector, err := mysql.NewConnector(config(e, a))
	if err != nil {
		return fmt.Errorf("prepare a connection to MariaDB: %w", err)
	}
	pool := sql.OpenDB(connector)
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil && codeOf(err) == 0 {
		return &seedbed.Error{Code: seedbed.Unavailable, Message: "The database server does not answer. It may still be starting; try again in a minute.", Err: err}
	}
	if err != nil {
		return fmt.Errorf("connect to MariaDB as %q: %w", a.user, err)
	}
	defer conn.Close()
	return task(ctx, conn)
}

// config does not ask for TLS: the way to a shared service never leaves the
// machine's own bridge.
func config(e seedbed.Endpoint, a account) *mysql.Config {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
	c.User, c.Passwd, c.DBName = a.user, a.password.Reveal(), a.schema
	c.Timeout, c.ReadTimeout, c.WriteTimeout = connectTimeout, taskTimeout, taskTimeout
	c.InterpolateParams, c.Logger = true, &mysql.NopLogger{} // what goes wrong is in the error
	return c
}

// run executes statements one after the other.
func run(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			words := strings.Fields(s)
			return fmt.Errorf("%s: %w", strings.Join(words[:min(len(words), 2)], " "), err)
		}
	}
	return nil
}

// codeOf returns the server's own error code, or 0 if it did not speak.
func codeOf(err error) uint16 {
	var answer *mysql.MySQLError
	if errors.As(err, &answer) {
		return answer.Number
	}
	return 0
}
