// Package redis administers shared Redis servers: it makes and deletes each
// site's own user, who can use the keys and channels that begin with the site's
// prefix, and no others.
//
// Connections are made for one task and closed after it. The package starts no
// server, keeps no pool and never reads or changes what sites store but to
// measure, dump, load and delete it.
package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"seedbed"
)

const (
	admin = "admin"

	taskTimeout    = 90 * time.Second
	connectTimeout = 5 * time.Second
)

// Kind is the Redis kind of shared service. It implements
// reconcile.ServiceKind; all of it may be repeated and may be stopped in the
// middle. Errors are Unavailable when the server does not answer.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Check returns nil if the server answers its administrator.
func (*Kind) Check(ctx context.Context, e seedbed.Endpoint) error {
	return asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error { return conn.Ping(ctx).Err() })
}

// Ensure makes the site's user with the password of b and the rights to its
// prefix, whatever it had before, and has the server write it down.
func (*Kind) Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	return asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error {
		if err := conn.ACLSetUser(ctx, b.Name, rules(b)...).Err(); err != nil {
			return fmt.Errorf("make user %q: %w", b.Name, err)
		}
		return save(ctx, conn)
	})
}

// Bound reports whether the site's user can sign in with its password. It has
// the users written down before it says yes: an Ensure may have been stopped
// just before it did that.
func (*Kind) Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error) {
	if err := checkBinding(b); err != nil {
		return false, err
	}
	err := as(ctx, e, b.Name, b.Password, func(context.Context, *goredis.Conn) error { return nil })
	if isWrongPassword(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, asAdmin(ctx, e, save)
}

// Gone reports whether neither the site's user nor any of its keys is there. It
// has the users written down before it says yes.
func (*Kind) Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (gone bool, err error) {
	if err := checkName(b.Name); err != nil {
		return false, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error {
		if there, err := hasUser(ctx, conn, b.Name); err != nil || there {
			return err
		}
		if err := save(ctx, conn); err != nil {
			return err
		}
		left := false
		err := eachKeys(ctx, conn, b.Name, func([]string) error { left = true; return nil })
		gone = err == nil && !left
		return err
	})
	return gone && err == nil, err
}

// Remove switches the site's user off, which ends its connections, deletes its
// keys for good, and then the user. What is not there is no error.
func (*Kind) Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	return asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error {
		if err := switchOff(ctx, conn, b.Name); err != nil {
			return err
		}
		if err := eachKeys(ctx, conn, b.Name, func(keys []string) error { return conn.Unlink(ctx, keys...).Err() }); err != nil {
			return fmt.Errorf("delete the keys of %q: %w", b.Name, err)
		}
		if err := writeJournal(ctx, conn); err != nil {
			return err
		}
		if err := conn.ACLDelUser(ctx, b.Name).Err(); err != nil {
			return fmt.Errorf("delete user %q: %w", b.Name, err)
		}
		return save(ctx, conn)
	})
}

// Rotate is Ensure for a user that may be in use with another password: it
// first switches the user off and ends its connections.
func (k *Kind) Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	if err := asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error { return switchOff(ctx, conn, b.Name) }); err != nil {
		return err
	}
	return k.Ensure(ctx, e, b)
}

// switchOff leaves a user without password and rights, and ends its
// connections.
func switchOff(ctx context.Context, conn *goredis.Conn, name string) error {
	if err := conn.ACLSetUser(ctx, name, "reset").Err(); err != nil {
		return fmt.Errorf("switch off user %q: %w", name, err)
	}
	if err := conn.ClientKillByFilter(ctx, "USER", name).Err(); err != nil {
		return fmt.Errorf("end the connections of %q: %w", name, err)
	}
	return nil
}

// Usage returns the memory that the site's keys take, and how many connections
// its user has. It looks at each key of the server once.
func (*Kind) Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (u seedbed.Usage, err error) {
	if err := checkName(b.Name); err != nil {
		return u, err
	}
	err = asAdmin(ctx, e, func(ctx context.Context, conn *goredis.Conn) error {
		if there, err := hasUser(ctx, conn, b.Name); err != nil || !there {
			return errors.Join(err, missingUnless(there))
		}
		if u.Connections, err = connectionsOf(ctx, conn, b.Name); err != nil {
			return err
		}
		return eachKeys(ctx, conn, b.Name, func(keys []string) error {
			bytes, err := memoryOf(ctx, conn, keys)
			u.Bytes += bytes
			return err
		})
	})
	return u, err
}

func missingUnless(there bool) error {
	if there {
		return nil
	}
	return seedbed.Missing("The site has no user of its own.")
}

// rules are all that a site's user may do, beginning with nothing. They are
// chosen in DESIGN.md.
func rules(b seedbed.Binding) []string {
	hash := sha256.Sum256([]byte(b.Password.Reveal()))
	all := []string{"reset", "on", "#" + hex.EncodeToString(hash[:]), "~" + prefix(b.Name) + "*", "&" + prefix(b.Name) + "*", "+@all"}
	for _, denied := range []string{
		"@admin", "@dangerous", // KEYS, FLUSHALL, CONFIG, MONITOR, CLIENT LIST …
		"scan", "randomkey", "pubsub", "client|tracking", // tell of keys and channels of others
		"function", "fcall", "fcall_ro", "script|flush", "script|kill", "script|debug", // are shared by all
	} {
		all = append(all, "-"+denied)
	}
	return append(all, "+info") // programs ask for the version of the server
}

// prefix is what all keys and channels of a site begin with.
func prefix(name string) string { return name + ":" }

func checkName(name string) error {
	if !seedbed.IsSiteKey(name) {
		return fmt.Errorf("%q is not the name of a site's own user", name)
	}
	return nil
}

func checkBinding(b seedbed.Binding) error {
	if b.Password == "" {
		return errors.New("the password of a site's user is empty")
	}
	return checkName(b.Name)
}

// save has the server write its users to the disk.
func save(ctx context.Context, conn *goredis.Conn) error {
	if err := conn.Do(ctx, "ACL", "SAVE").Err(); err != nil {
		return fmt.Errorf("write the users down: %w", err)
	}
	return nil
}

// hasUser reports whether there is a user, in whatever state.
func hasUser(ctx context.Context, conn *goredis.Conn, name string) (bool, error) {
	users, err := conn.Do(ctx, "ACL", "USERS").StringSlice()
	if err != nil {
		return false, fmt.Errorf("list users: %w", err)
	}
	for _, u := range users {
		if u == name {
			return true, nil
		}
	}
	return false, nil
}

func connectionsOf(ctx context.Context, conn *goredis.Conn, name string) (n int, err error) {
	list, err := conn.ClientList(ctx).Result()
	if err != nil {
		return 0, fmt.Errorf("list connections: %w", err)
	}
	for word := range strings.FieldsSeq(list) {
		if word == "user="+name {
			n++
		}
	}
	return n, nil
}

// asAdmin does a short task with a connection of the administrator.
func asAdmin(ctx context.Context, e seedbed.Endpoint, task func(context.Context, *goredis.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	return as(ctx, e, admin, e.Password, task)
}

// as does a task with one connection of a user. TLS is not asked for: the way
// to a shared service never leaves the machine's own bridge.
func as(ctx context.Context, e seedbed.Endpoint, user string, password seedbed.Secret, task func(context.Context, *goredis.Conn) error) error {
	pool := goredis.NewClient(&goredis.Options{
		Addr: net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), Username: user, Password: password.Reveal(), Protocol: 2,
		DialTimeout: connectTimeout, ReadTimeout: taskTimeout, WriteTimeout: taskTimeout, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 1, DisableIdentity: true,
	})
	defer pool.Close()
	conn := pool.Conn()
	defer conn.Close()
	err := conn.Ping(ctx).Err()
	var answer goredis.Error
	switch {
	case err == nil:
		return task(ctx, conn)
	case errors.As(err, &answer) && !isStarting(err):
		return fmt.Errorf("connect to Redis as %q: %w", user, err)
	default:
		return &seedbed.Error{Code: seedbed.Unavailable, Message: "The Redis server does not answer. It may still be starting; try again in a minute.", Err: err}
	}
}

func isStarting(err error) bool { return goredis.IsLoadingError(err) || hasCode(err, "BUSY") }

func isWrongPassword(err error) bool { return hasCode(err, "WRONGPASS") }

// hasCode reports whether the server answered with an error of that code, which
// is its first word.
func hasCode(err error, code string) bool {
	var answer goredis.Error
	return errors.As(err, &answer) && strings.HasPrefix(answer.Error(), code+" ")
}
