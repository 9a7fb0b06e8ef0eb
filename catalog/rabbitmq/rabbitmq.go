// Package rabbitmq administers shared RabbitMQ servers through their management
// API: it makes and deletes each site's own virtual host with the user that may
// use it, and nothing else.
//
// It speaks HTTP with the server's administrator port and never AMQP; messages
// it neither reads nor keeps.
package rabbitmq

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"

	"seedbed"
)

const (
	// connectionLimit is how many connections one site may have, so that one
	// cannot take those of all.
	connectionLimit = 50
	// queueLimit is how many queues a site may have.
	queueLimit = 500
)

// Kind is the RabbitMQ kind of shared service. It implements
// reconcile.ServiceKind; all of it may be repeated and may be stopped in the
// middle. Errors are Unavailable when the server does not answer.
type Kind struct {
	random io.Reader // salts passwords
}

// New returns the kind.
func New() *Kind { return &Kind{rand.Reader} }

// Check returns nil if the server answers its administrator and takes
// connections of sites.
func (*Kind) Check(ctx context.Context, e seedbed.Endpoint) error {
	return inTime(ctx, func(ctx context.Context) error {
		return client{e}.get(ctx, nil, "health", "checks", "port-listener", "5672")
	})
}

// Ensure makes the site's virtual host and its user, with the password of b.
// The user can sign in to nothing until it has its rights and its password.
// What an interrupted call has left half done is completed.
func (k *Kind) Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	hash, err := k.hash(b.Password)
	if err != nil {
		return err
	}
	return inTime(ctx, func(ctx context.Context) error {
		c := client{e}
		for _, step := range []func() error{
			func() error { return c.put(ctx, vhost{DefaultQueueType: "classic"}, "vhosts", b.Name) },
			func() error { return c.put(ctx, limit{connectionLimit}, "vhost-limits", b.Name, "max-connections") },
			func() error { return c.put(ctx, limit{queueLimit}, "vhost-limits", b.Name, "max-queues") },
			func() error { return c.ensureUser(ctx, b.Name) },
			func() error { return c.put(ctx, limit{connectionLimit}, "user-limits", b.Name, "max-connections") },
			func() error { return c.put(ctx, everything(), "permissions", b.Name, b.Name) },
			func() error { return c.put(ctx, user{Hash: hash, Algorithm: algorithm}, "users", b.Name) },
		} {
			if err := step(); err != nil {
				return fmt.Errorf("make virtual host and user %q: %w", b.Name, err)
			}
		}
		return nil
	})
}

// ensureUser makes a user who cannot sign in, unless there is one.
func (c client) ensureUser(ctx context.Context, name string) error {
	err := c.get(ctx, nil, "users", name)
	if seedbed.IsNotFound(err) {
		return c.put(ctx, user{Algorithm: algorithm}, "users", name)
	}
	return err
}

// Bound reports whether the site's user has its password and its rights in its
// virtual host, and that runs. It asks the administrator: signing in as the
// user would fail while it has all the connections that it may have.
func (k *Kind) Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bound bool, err error) {
	if err := checkBinding(b); err != nil {
		return false, err
	}
	err = inTime(ctx, func(ctx context.Context) error {
		var who user
		var where vhost
		var may permissions
		c := client{e}
		if err := c.get(ctx, &who, "users", b.Name); err != nil {
			return err
		}
		if err := c.get(ctx, &where, "vhosts", b.Name); err != nil {
			return err
		}
		if err := c.get(ctx, &may, "permissions", b.Name, b.Name); err != nil {
			return err
		}
		bound = who.Algorithm == algorithm && isHashOf(who.Hash, b.Password) && may == everything() && where.runs()
		return nil
	})
	if seedbed.IsNotFound(err) {
		return false, nil
	}
	return bound && err == nil, err
}

// Gone reports whether neither the site's virtual host nor its user is there.
func (*Kind) Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error) {
	if err := checkName(b.Name); err != nil {
		return false, err
	}
	gone := true
	err := inTime(ctx, func(ctx context.Context) error {
		for _, part := range []string{"users", "vhosts"} {
			err := client{e}.get(ctx, nil, part, b.Name)
			if err != nil && !seedbed.IsNotFound(err) {
				return err
			}
			gone = gone && err != nil
		}
		return nil
	})
	return gone && err == nil, err
}

// Remove deletes the site's user and its virtual host with all queues in it,
// which ends its connections. What is not there is no error.
func (*Kind) Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	return inTime(ctx, func(ctx context.Context) error {
		for _, part := range []string{"users", "vhosts"} {
			if err := (client{e}).remove(ctx, part, b.Name); err != nil {
				return fmt.Errorf("delete %q of %s: %w", b.Name, part, err)
			}
		}
		return nil
	})
}

// Rotate is Ensure for a virtual host that may be in use with another password:
// it first takes the user's password away and ends its connections.
func (k *Kind) Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	err := inTime(ctx, func(ctx context.Context) error {
		c := client{e}
		if err := c.put(ctx, user{Algorithm: algorithm}, "users", b.Name); err != nil {
			return fmt.Errorf("take the password of %q away: %w", b.Name, err)
		}
		if err := c.remove(ctx, "connections", "username", b.Name); err != nil {
			return fmt.Errorf("end the connections of %q: %w", b.Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return k.Ensure(ctx, e, b)
}

// Usage returns how many messages wait in the site's queues, how many bytes
// they have, and how many connections there are. The server counts every few
// seconds.
func (*Kind) Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (u seedbed.Usage, err error) {
	if err := checkName(b.Name); err != nil {
		return u, err
	}
	err = inTime(ctx, func(ctx context.Context) error {
		var queues []struct {
			Messages int64 `json:"messages"`
			Bytes    int64 `json:"message_bytes"`
		}
		if err := (client{e}).get(ctx, &queues, "queues", b.Name); err != nil {
			return err
		}
		for _, q := range queues {
			u.Messages += q.Messages
			u.Bytes += q.Bytes
		}
		var connections []struct{}
		err := client{e}.get(ctx, &connections, "vhosts", b.Name, "connections")
		u.Connections = len(connections)
		return err
	})
	if seedbed.IsNotFound(err) {
		err = seedbed.Missing("The site has no virtual host of its own.")
	}
	return u, err
}

// vhost is a virtual host as the API has it.
type vhost struct {
	DefaultQueueType string            `json:"default_queue_type,omitempty"`
	State            map[string]string `json:"cluster_state,omitempty"` // by node
}

func (v vhost) runs() bool {
	for _, state := range v.State {
		if state != "running" {
			return false
		}
	}
	return len(v.State) > 0
}

// user is a user as the API has it. Without a hash nobody can sign in.
type user struct {
	Hash      string   `json:"password_hash"`
	Algorithm string   `json:"hashing_algorithm"`
	Tags      userTags `json:"tags"`
}

// userTags are always none: tags are for administrators. The API gives a list
// and takes a list or text.
type userTags struct{}

// MarshalJSON writes no tags.
func (userTags) MarshalJSON() ([]byte, error) { return []byte(`""`), nil }

// UnmarshalJSON reads nothing.
func (*userTags) UnmarshalJSON([]byte) error { return nil }

// permissions are the names, as regular expressions, that a user may use.
type permissions struct {
	Configure string `json:"configure"`
	Write     string `json:"write"`
	Read      string `json:"read"`
}

func everything() permissions { return permissions{".*", ".*", ".*"} }

// limit is the value of a limit.
type limit struct {
	Value int `json:"value"`
}

// algorithm is how passwords are stored: base64 of four bytes of salt and the
// SHA-256 of salt and password.
const (
	algorithm  = "rabbit_password_hashing_sha256"
	saltLength = 4
)

// hash returns what RabbitMQ stores in place of a password, so that the
// password itself is in no request.
func (k *Kind) hash(password seedbed.Secret) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(k.random, salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return base64.StdEncoding.EncodeToString(salted(salt, password)), nil
}

func salted(salt []byte, password seedbed.Secret) []byte {
	sum := sha256.Sum256(append(slices.Clone(salt), password.Reveal()...))
	return append(slices.Clone(salt), sum[:]...)
}

func isHashOf(hash string, password seedbed.Secret) bool {
	stored, err := base64.StdEncoding.DecodeString(hash)
	return err == nil && len(stored) == saltLength+sha256.Size && string(salted(stored[:saltLength], password)) == string(stored)
}

func checkName(name string) error {
	if !seedbed.IsSiteKey(name) {
		return fmt.Errorf("%q is not the name of a site's own virtual host", name)
	}
	return nil
}

func checkBinding(b seedbed.Binding) error {
	if b.Password == "" {
		return errors.New("the password of a site's user is empty")
	}
	return checkName(b.Name)
}
